"""Encoding a model's outputs: JSON, or raw float32 with the shapes in a header."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import orjson
from numpy.typing import NDArray

from stackduel_servers.core.answers import Answer
from stackduel_servers.core.inference.ask import FLOAT32, Ask

LITTLE_FLOAT32 = np.dtype("<f4")


def encode(ask: Ask, outputs: Mapping[str, NDArray[np.float32]]) -> Answer:
    """Return the answer in the form that the client accepts."""
    arrays = {name: np.ascontiguousarray(array, LITTLE_FLOAT32) for name, array in outputs.items()}
    if not ask.raw:
        return Answer(200, orjson.dumps({"model": ask.model, "outputs": arrays}, option=orjson.OPT_SERIALIZE_NUMPY))
    shapes = ",".join(f"{name}={'x'.join(map(str, array.shape))}" for name, array in arrays.items())
    body = b"".join([array.tobytes() for array in arrays.values()])
    return Answer(200, body, (("X-Tensors", shapes),), FLOAT32)
