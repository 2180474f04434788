"""vad: the probability of speech in each 32 ms window, computed in order, because the network keeps a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stackduel_servers.models import store
from stackduel_servers.models.base import DecodedInput, Features, ModelOutputs, sound
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.runtime import open_session

WINDOW = 512
# Each window is preceded by the last samples of the window before.
CONTEXT = 64
STATE = 128


class Vad:
    """The network, step by step; each step takes several sounds together."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        self.card = CATALOG["vad"]
        (graph,) = store.read("vad", environ)
        self._session = open_session(graph, "silero_vad.onnx", device)
        self._rate_hz = np.array(16_000, dtype=np.int64)

    def prepare(self, given: DecodedInput) -> Features:
        """Return the windows with their contexts, [windows, 576]; zeros before and after the sound."""
        samples = sound(given, self.card.takes)
        padded = np.pad(samples, (CONTEXT, -len(samples) % WINDOW))
        view = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + WINDOW)
        return (np.ascontiguousarray(view[::WINDOW]),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Return each item's probabilities, [windows]; inside, longest sounds come first and ended ones last."""
        order = sorted(range(len(batch)), key=lambda index: -len(batch[index][0]))
        sounds = [batch[index][0] for index in order]
        probabilities: list[NDArray[np.float32]] = [np.empty(len(each), dtype=np.float32) for each in sounds]
        state = np.zeros((2, len(sounds), STATE), dtype=np.float32)
        for step in range(len(sounds[0])):
            active = sum(len(each) > step for each in sounds)
            windows = np.stack([each[step] for each in sounds[:active]])
            given = {"input": windows, "state": state[:, :active], "sr": self._rate_hz}
            speech, state = self._session.run(("output", "stateN"), given)
            for index in range(active):
                probabilities[index][step] = speech[index, 0]
        places = {original: place for place, original in enumerate(order)}
        return [(probabilities[places[index]],) for index in range(len(batch))]

    def finish(self, raw: Features) -> ModelOutputs:
        """Return the probabilities by name."""
        return {"speech": raw[0]}
