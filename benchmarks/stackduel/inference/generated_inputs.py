"""The bytes that a recipe of a model's input stands for: the same ones every time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stackduel.model.model_input import ModelInput
from stackduel_servers.models import inputs

# Full scale of 16 bits.
FULL_SCALE = 32_768


def input_bytes(given: ModelInput) -> bytes:
    """The bytes of a recipe; raises ModuleNotFoundError where a picture is asked for and Pillow is not installed."""
    match given.kind:
        case "float32":
            return inputs.as_float32(floats(sound(given)))
        case "pcm":
            return sound(given).tobytes()
        case "wav":
            return inputs.as_wav(_heard(given), given.rate_hz or 0)
        case "tensor":
            return inputs.as_float32(inputs.tensor((given.samples or 0,), given.seed))
        case "text":
            return inputs.as_json(inputs.text(given.seed))
        case "png" | "jpeg":
            pixels = inputs.picture(given.width or 0, given.height or 0, given.seed)
            return inputs.as_png(pixels) if given.kind == "png" else inputs.as_jpeg(pixels)


def sound(given: ModelInput) -> NDArray[np.int16]:
    """The samples of a sound, little-endian: every kind of it holds these, so that stacks that differ in form agree."""
    return np.frombuffer(inputs.as_pcm(_heard(given)), "<i2")


def floats(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """16-bit samples from -1 to 1, as every decoder reads them."""
    return (samples / np.float32(FULL_SCALE)).astype(np.float32)


def _heard(given: ModelInput) -> NDArray[np.float32]:
    return inputs.sound(given.samples or 0, given.rate_hz or 0, given.seed)
