"""The ensemble's last step: from the embeddings of a clip's windows to the clip's embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackduel_servers.models.base import Features
from stackduel_servers.models.triton.ends import SpeakerEnds
from stackduel_servers.models.triton.requests import TritonRequest, TritonResponse, as_they_are, serve, tensor


class TritonPythonModel:
    """One instance; Triton calls it in one thread of its own process."""

    def initialize(self, _given: Mapping[str, str]) -> None:
        """Do nothing: no model is loaded."""
        self._speaker = SpeakerEnds()

    def execute(self, requests: Sequence[TritonRequest]) -> list[TritonResponse]:
        """Answer each request."""
        return serve(requests, _prepare, as_they_are, self._speaker.finish)


def _prepare(request: TritonRequest) -> Features:
    return (tensor(request, "embeddings")[0],)
