"""What a model is given: recipes of generated inputs, and the bytes that they stand for (pure, the same every time)."""

from __future__ import annotations

import io
import json
import wave
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["float32", "pcm", "wav", "png", "jpeg", "text", "tensor"]
Samples = NDArray[np.int16]

SOUNDS: tuple[Kind, ...] = ("float32", "pcm", "wav")
PICTURES: tuple[Kind, ...] = ("png", "jpeg")
# Full scale of 16 bits: every kind of a sound holds the same numbers to the last bit.
FULL_SCALE = 32_768

_PARTIALS = 6
_LOUDNESS = 0.12
_NOISE = 0.01
_LOWEST_HZ, _HIGHEST_HZ = 90.0, 2_500.0
_DRIFT_HZ = 0.5
_SQUARE = 16
_JPEG_QUALITY = 90
_WORDS = (
    "a",
    "service",
    "waits",
    "for",
    "its",
    "model",
    "and",
    "nobody",
    "knows",
    "which",
    "of",
    "them",
    "was",
    "slow",
)
_SENTENCE_WORDS = 12


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
            return (sound(given) / np.float32(FULL_SCALE)).astype("<f4").tobytes()
        case "pcm":
            return sound(given).astype("<i2").tobytes()
        case "wav":
            return _wav(sound(given), given.rate_hz or 0)
        case "tensor":
            return tensor(given).tobytes()
        case "text":
            return json.dumps({"text": text(given)}).encode()
        case "png" | "jpeg":
            return _encoded(picture(given), given.kind)


def sound(given: Given) -> Samples:
    """Partials that drift and swell over a little noise: a sound with structure, as speech has, and never silent."""
    draw, samples, rate_hz = np.random.default_rng(given.seed), given.samples or 0, given.rate_hz or 1
    moments_s = np.arange(samples) / rate_hz
    mixed = _NOISE * draw.standard_normal(samples)
    for base_hz in np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, rate_hz / 3), _PARTIALS):
        drift_hz, swell_hz = draw.uniform(0.2, 1.0, 2) * _DRIFT_HZ
        turns = base_hz * moments_s + 0.02 * base_hz * np.sin(2 * np.pi * drift_hz * moments_s)
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * (swell_hz * moments_s + draw.uniform()))
        mixed += _LOUDNESS * swell * np.sin(2 * np.pi * (turns + draw.uniform()))
    return np.rint(np.clip(mixed, -0.999, 0.999) * FULL_SCALE).astype(np.int16)


def picture(given: Given) -> NDArray[np.uint8]:
    """Slopes of colour under squares and a little noise, height by width by RGB."""
    draw, width, height = np.random.default_rng(given.seed), given.width or 1, given.height or 1
    down, across = np.mgrid[0:height, 0:width]
    slopes = np.stack([across / width, down / height, (across + down) / (width + height)], axis=-1)
    coarse = draw.uniform(-0.25, 0.25, (height // _SQUARE + 1, width // _SQUARE + 1, 3))
    squares = coarse.repeat(_SQUARE, axis=0).repeat(_SQUARE, axis=1)[:height, :width]
    shades = np.clip(slopes + squares + draw.normal(0, 0.02, slopes.shape), 0, 1)
    return np.rint(shades * 255).astype(np.uint8)


def tensor(given: Given) -> NDArray[np.float32]:
    """Numbers around zero, little-endian."""
    return np.random.default_rng(given.seed).standard_normal(given.samples or 0).astype("<f4")


def text(given: Given) -> str:
    """A sentence of plain words."""
    words = np.random.default_rng(given.seed).choice(_WORDS, _SENTENCE_WORDS)
    return " ".join(map(str, words)).capitalize() + "."


def _wav(samples: Samples, rate_hz: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _encoded(pixels: NDArray[np.uint8], kind: Literal["png", "jpeg"]) -> bytes:
    from PIL import Image  # noqa: PLC0415 - part of the extra `inference`

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **({"quality": _JPEG_QUALITY} if kind == "jpeg" else {}))
    return buffer.getvalue()
