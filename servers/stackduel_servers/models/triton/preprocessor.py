"""The ensemble's first step: from PCM to the mel spectra of its windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackduel_servers.models.base import Array, Features
from stackduel_servers.models.triton.ends import SpeakerEnds
from stackduel_servers.models.triton.requests import TritonRequest, TritonResponse, as_they_are, serve, tensor
from stackduel_servers.models.triton.sound import one_clip


class TritonPythonModel:
    """One instance; Triton calls it in one thread of its own process."""

    def initialize(self, _given: Mapping[str, str]) -> None:
        """Do nothing: no model is loaded."""
        self._speaker = SpeakerEnds()

    def execute(self, requests: Sequence[TritonRequest]) -> list[TritonResponse]:
        """Answer each request."""
        return serve(requests, self._prepare, as_they_are, _finish)

    def _prepare(self, request: TritonRequest) -> Features:
        return self._speaker.prepare(one_clip(tensor(request, "pcm")))


def _finish(raw: Features) -> Mapping[str, Array]:
    return {"spectra": raw[0][None]}
