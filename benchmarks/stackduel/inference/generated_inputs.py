"""The bytes that a recipe of a model's input describes, the same every time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stackduel.model.model_input import ModelInput
from stackduel_servers.models import sample_inputs

# Full scale of 16 bits.
FULL_SCALE = 32_768


def input_bytes(given: ModelInput) -> bytes:
    """Return the bytes of a recipe; raises ModuleNotFoundError for a picture if Pillow is not installed."""
    match given.kind:
        case "float32":
            return sample_inputs.as_float32(floats(sound(given)))
        case "pcm":
            return sound(given).tobytes()
        case "wav":
            return sample_inputs.as_wav(_heard(given), given.rate_hz or 0)
        case "tensor":
            return sample_inputs.as_float32(sample_inputs.tensor((given.samples or 0,), given.seed))
        case "text":
            return sample_inputs.as_json(sample_inputs.text(given.seed))
        case "png" | "jpeg":
            pixels = sample_inputs.picture(given.width or 0, given.height or 0, given.seed)
            return sample_inputs.as_png(pixels) if given.kind == "png" else sample_inputs.as_jpeg(pixels)


def sound(given: ModelInput) -> NDArray[np.int16]:
    """Return the little-endian samples of a sound; every kind of sound holds them, so all stacks get the same."""
    return np.frombuffer(sample_inputs.as_pcm(_heard(given)), "<i2")


def floats(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return 16-bit samples scaled to -1..1, as every decoder does."""
    return (samples / np.float32(FULL_SCALE)).astype(np.float32)


def _heard(given: ModelInput) -> NDArray[np.float32]:
    return sample_inputs.sound(given.samples or 0, given.rate_hz or 0, given.seed)
