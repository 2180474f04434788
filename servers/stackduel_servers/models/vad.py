"""vad: the probability of speech in each 32 ms, one after the other, because the network remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stackduel_servers.models import store
from stackduel_servers.models.base import DecodedInput, Features, ModelOutputs, sound
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.runtime import open_session

WINDOW = 512
# Each window is given together with the last samples of the one before.
CONTEXT = 64
STATE = 128


class Vad:
    """The network step by step; several sounds go through each step together."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        self.card = CATALOG["vad"]
        (graph,) = store.read("vad", environ)
        self._session = open_session(graph, "silero_vad.onnx", device)
        self._rate_hz = np.array(16_000, dtype=np.int64)

    def prepare(self, given: DecodedInput) -> Features:
        """The windows with their contexts, [windows, 576]; zeros before the sound and behind it."""
        samples = sound(given, self.card.takes)
        padded = np.pad(samples, (CONTEXT, -len(samples) % WINDOW))
        view = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + WINDOW)
        return (np.ascontiguousarray(view[::WINDOW]),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Each item's probabilities, [windows]. The longest sounds go first, so that those that end drop off behind."""
        order = sorted(range(len(batch)), key=lambda index: -len(batch[index][0]))
        sounds = [batch[index][0] for index in order]
        found: list[NDArray[np.float32]] = [np.empty(len(each), dtype=np.float32) for each in sounds]
        state = np.zeros((2, len(sounds), STATE), dtype=np.float32)
        for step in range(len(sounds[0])):
            active = sum(len(each) > step for each in sounds)
            windows = np.stack([each[step] for each in sounds[:active]])
            given = {"input": windows, "state": state[:, :active], "sr": self._rate_hz}
            speech, state = self._session.run(("output", "stateN"), given)
            for index in range(active):
                found[index][step] = speech[index, 0]
        places = {original: place for place, original in enumerate(order)}
        return [(found[places[index]],) for index in range(len(batch))]

    def finish(self, raw: Features) -> ModelOutputs:
        """The probabilities by name."""
        return {"speech": raw[0]}
