"""The inputs of a model: recipes of generated inputs, and the bytes that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

InputKind = Literal["float32", "pcm", "wav", "png", "jpeg", "text", "tensor"]

SOUNDS: tuple[InputKind, ...] = ("float32", "pcm", "wav")
PICTURES: tuple[InputKind, ...] = ("png", "jpeg")


@dataclass(frozen=True, slots=True)
class ModelInput:
    """The recipe of an input: the same one makes the same bytes anywhere.

    A sound (``float32``, ``pcm``, ``wav``) is mono, ``samples`` of them at ``rate_hz``; a picture (``png``, ``jpeg``)
    is RGB, ``width`` by ``height``; a ``tensor`` is ``samples`` float32 numbers; a ``text`` is a sentence. What a kind
    has no use for is None.
    """

    kind: InputKind
    samples: int | None = None
    rate_hz: int | None = None
    width: int | None = None
    height: int | None = None
    seed: int = 0

    @property
    def content_type(self) -> str:
        """Return the content type of its bytes in a request to ``/infer/{model}``."""
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
