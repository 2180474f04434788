"""fast-cnn: one second of sound at 48 kHz, two speaker embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from servers.models import store
from servers.models.base import Features, Given, Outputs, sound
from servers.models.catalog import CATALOG
from servers.models.runtime import open_session

OUTPUTS = ("speaker_a", "speaker_b")


class FastCnn:
    """The network as it is: samples in, embeddings out."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        self.card = CATALOG["fast-cnn"]
        (graph,) = store.read("fast-cnn", environ)
        self._session = open_session(graph, "fast-cnn.onnx", device)

    def prepare(self, given: Given) -> Features:
        """The samples, [48000]."""
        return (sound(given, 48_000, 48_000),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Two embeddings of each item, [192] each."""
        samples = batch[0][0][None] if len(batch) == 1 else np.stack([item[0] for item in batch])
        return list(zip(*self._session.run(OUTPUTS, {"samples": samples}), strict=True))

    def finish(self, raw: Features) -> Outputs:
        """The embeddings by name."""
        return dict(zip(OUTPUTS, raw, strict=True))
