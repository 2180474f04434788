"""What a model is given: recipes of generated inputs, and the bytes that they stand for (pure, the same every time)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from stackduel_servers.models import inputs

Kind = Literal["float32", "pcm", "wav", "png", "jpeg", "text", "tensor"]

SOUNDS: tuple[Kind, ...] = ("float32", "pcm", "wav")
PICTURES: tuple[Kind, ...] = ("png", "jpeg")
# Full scale of 16 bits.
FULL_SCALE = 32_768


@dataclass(frozen=True, slots=True)
class Given:
    """The recipe of an input: the same one makes the same bytes anywhere.

    A sound (``float32``, ``pcm``, ``wav``) is mono, ``samples`` of them at ``rate_hz``; a picture (``png``, ``jpeg``)
    is RGB, ``width`` by ``height``; a ``tensor`` is ``samples`` float32 numbers; a ``text`` is a sentence. What a kind
    has no use for is None.
    """

    kind: Kind
    samples: int | None = None
    rate_hz: int | None = None
    width: int | None = None
    height: int | None = None
    seed: int = 0

    @property
    def content_type(self) -> str:
        """What its bytes are called in a request to ``/infer/{model}``."""
        if self.kind == "pcm":
            return f"audio/pcm; rate={self.rate_hz}"
        return _CONTENT_TYPES[self.kind]


_CONTENT_TYPES = {
    "float32": "application/octet-stream",
    "tensor": "application/octet-stream",
    "wav": "audio/wav",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "text": "application/json",
}


def made(given: Given) -> bytes:
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


def sound(given: Given) -> NDArray[np.int16]:
    """The samples of a sound, little-endian: every kind of it holds these, so that stacks that differ in form agree."""
    return np.frombuffer(inputs.as_pcm(_heard(given)), "<i2")


def floats(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """16-bit samples from -1 to 1, as every decoder reads them."""
    return (samples / np.float32(FULL_SCALE)).astype(np.float32)


def _heard(given: Given) -> NDArray[np.float32]:
    return inputs.sound(given.samples or 0, given.rate_hz or 0, given.seed)
