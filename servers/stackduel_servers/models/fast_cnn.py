"""fast-cnn: one second of sound at 48 kHz to two speaker embeddings."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stackduel_servers.models import store
from stackduel_servers.models.base import DecodedInput, Features, ModelOutputs, sound
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.runtime import open_session

OUTPUTS = ("speaker_a", "speaker_b")


class FastCnn:
    """The network alone: samples in, embeddings out."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        self.card = CATALOG["fast-cnn"]
        (graph,) = store.read("fast-cnn", environ)
        self._rooms = threading.local()
        self._session = open_session(graph, "fast-cnn.onnx", device)

    def prepare(self, given: DecodedInput) -> Features:
        """Return the samples, [48000]."""
        return (sound(given, self.card.takes),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Return two embeddings of each item, [192] each."""
        samples = batch[0][0][None] if len(batch) == 1 else self._stacked(batch)
        return list(zip(*self._session.run(OUTPUTS, {"samples": samples}), strict=True))

    def _stacked(self, batch: Sequence[Features]) -> NDArray[np.float32]:
        """Copy the batch into one array, which the thread keeps: fresh memory costs more than the copy."""
        room = getattr(self._rooms, "room", None)
        if room is None or len(room) < len(batch):
            room = self._rooms.room = np.empty((len(batch), 48_000), np.float32)
        return np.stack([item[0] for item in batch], out=room[: len(batch)])

    def finish(self, raw: Features) -> ModelOutputs:
        """Return the embeddings by name."""
        return dict(zip(OUTPUTS, raw, strict=True))
