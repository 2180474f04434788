"""speaker: a voice of any length to one embedding. The method is Resemblyzer's, except that silence is not cut out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stackduel_servers.models import mel, store
from stackduel_servers.models.base import DecodedInput, Features, ModelOutputs, sound
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.runtime import open_session

FRAMES = 160
# 1.3 windows a second.
STEP = 77
LEAST_COVERAGE = 0.75
# Quieter sound is amplified to this level, in decibels relative to full scale.
LOUDNESS_DB = -30.0


class Speaker:
    """The encoder over overlapping windows of 1.6 s, and the mean of its embeddings."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        self.card = CATALOG["speaker"]
        (graph,) = store.read("speaker", environ)
        self._session = open_session(graph, "speaker.onnx", device)

    def prepare(self, given: DecodedInput) -> Features:
        """Return the mel spectra of all windows, [windows, 160, 40]."""
        return (windows(sound(given, self.card.takes)),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Return each item's embeddings of its windows, [windows, 256]: one call for all windows of all items."""
        spectra = batch[0][0] if len(batch) == 1 else np.concatenate([item[0] for item in batch])
        (embeddings,) = self._session.run(("embedding",), {"mel": spectra})
        ends = np.cumsum([len(item[0]) for item in batch])
        return [(part,) for part in np.split(embeddings, ends[:-1])]

    def finish(self, raw: Features) -> ModelOutputs:
        """Return the mean over the windows, scaled to length one."""
        mean = raw[0].mean(axis=0)
        return {"embedding": (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)}


def windows(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mel spectra of overlapping windows, [windows, 160, 40], of samples at 16 kHz."""
    starts = window_starts(len(samples))
    end = (starts[-1] + FRAMES) * mel.HOP
    padded = np.pad(_loud_enough(samples), (0, max(0, end - len(samples))))
    spectrum = mel.mel_spectrum(padded)
    return np.stack([spectrum[start : start + FRAMES] for start in starts])


def window_starts(samples: int) -> list[int]:
    """Return the first frame of each window; the last window needs three quarters of its length in the sound."""
    frames = -(-(samples + 1) // mel.HOP)
    starts = list(range(0, max(1, frames - FRAMES + STEP + 1), STEP))
    coverage = (samples - starts[-1] * mel.HOP) / (FRAMES * mel.HOP)
    return starts[:-1] if coverage < LEAST_COVERAGE and len(starts) > 1 else starts


def _loud_enough(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    wanted = 10 ** (LOUDNESS_DB / 20)
    return samples * np.float32(wanted / loudness) if 0 < loudness < wanted else samples
