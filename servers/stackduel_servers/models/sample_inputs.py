"""Generated inputs, the same for the same seed, and their encodings. Needs numpy only, except for pictures."""

from __future__ import annotations

import io
import json
import wave
from math import prod

import numpy as np
from numpy.typing import NDArray

from stackduel_servers.models.base import DecodedInput
from stackduel_servers.models.catalog import Picture, Sound, Takes, Text

# The first three formants of five vowels in Hz (Peterson and Barney 1952, men).
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
BANDWIDTHS_HZ = (90, 110, 170)
SYLLABLES_HZ = 4.0
PITCH_HZ = 120.0
HIGHEST_HZ = 4000.0
WORDS = (
    "the", "quick", "service", "answers", "while", "another", "model", "waits", "for", "its", "turn", "and", "nobody",
    "knows", "which", "of", "them", "was", "first", "every", "request", "carries", "a", "sentence", "about", "weather",
    "music", "trains", "or", "bread", "so", "that", "no", "two", "say", "same",
)  # fmt: skip


def generate(takes: Takes, seed: int) -> DecodedInput:
    """Return a generated input of the usual size for a model."""
    match takes:
        case Sound():
            return sound(takes.usual, takes.rate_hz, seed)
        case Picture():
            return picture(takes.usual, takes.usual, seed)
        case Text():
            return text(seed)
        case _:
            return tensor(takes.shape, seed)


def sound(samples: int, rate_hz: int, seed: int) -> NDArray[np.float32]:
    """Return speech-like sound: four vowels a second on a moving pitch, with pauses; within -1 to 1."""
    random = np.random.default_rng(seed)
    at_s = np.arange(samples) / rate_hz
    count = int(np.ceil(samples / rate_hz * SYLLABLES_HZ)) + 2
    middles_s = (np.arange(count) + random.uniform(-0.2, 0.2, count)) / SYLLABLES_HZ
    formants = np.array(VOWELS, dtype=np.float64)[random.integers(len(VOWELS), size=count)]
    pitch_hz = np.interp(at_s, middles_s, PITCH_HZ * 2 ** random.uniform(-0.25, 0.25, count))
    loudness = np.interp(at_s, middles_s, np.where(random.random(count) < 0.2, 0.05, random.uniform(0.5, 1.0, count)))
    loudness *= 0.55 - 0.45 * np.cos(2 * np.pi * SYLLABLES_HZ * at_s)
    tracks_hz = [np.interp(at_s, middles_s, formants[:, which]) for which in range(len(BANDWIDTHS_HZ))]
    voice = _voice(pitch_hz, tracks_hz, rate_hz)
    breath = random.standard_normal(samples) * 0.01
    mixed = loudness * voice / max(1e-9, float(np.abs(voice).max(initial=0))) + breath
    return np.clip(0.5 * mixed, -1, 1).astype(np.float32)


def _voice(pitch_hz: NDArray[np.float64], tracks_hz: list[NDArray[np.float64]], rate_hz: int) -> NDArray[np.float64]:
    """Return harmonics of the pitch, louder near the formants."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    voice = np.zeros_like(pitch_hz)
    highest_hz = min(HIGHEST_HZ, 0.45 * rate_hz)
    for harmonic in range(1, int(highest_hz / PITCH_HZ)):
        frequency_hz = harmonic * pitch_hz
        near = sum(
            1 / (1 + ((frequency_hz - track_hz) / width_hz) ** 2)
            for track_hz, width_hz in zip(tracks_hz, BANDWIDTHS_HZ, strict=True)
        )
        voice += near * np.sin(harmonic * phase) / harmonic**0.5
    return voice


def picture(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Return a soft pattern of colours with some grain, [height, width, 3]; it holds no face."""
    random = np.random.default_rng(seed)
    across, down = np.linspace(0, 1, width)[None, :, None], np.linspace(0, 1, height)[:, None, None]
    waves = random.uniform(1, 4, (2, 3))
    base = 127 + 60 * np.sin(2 * np.pi * (across * waves[0] + random.random(3)))
    base = base + 50 * np.cos(2 * np.pi * (down * waves[1] + random.random(3)))
    grain = random.normal(0, 6, (height, width, 3))
    pixels: NDArray[np.uint8] = np.clip(base + grain, 0, 255).astype(np.uint8)
    return pixels


def text(seed: int) -> str:
    """Return a short sentence."""
    random = np.random.default_rng(seed)
    words = [WORDS[index] for index in random.integers(len(WORDS), size=int(random.integers(8, 15)))]
    return " ".join(words).capitalize() + "."


def tensor(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    """Return numbers from 0 to 1 as one row, in the order of the shape."""
    return np.random.default_rng(seed).random(prod(shape), dtype=np.float32)


def as_float32(samples: NDArray[np.float32]) -> bytes:
    """Return raw float32, little-endian."""
    return samples.astype("<f4").tobytes()


def as_pcm(samples: NDArray[np.float32]) -> bytes:
    """Return raw 16-bit samples, little-endian."""
    return np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def as_wav(samples: NDArray[np.float32], rate_hz: int) -> bytes:
    """Return a WAV file of 16-bit samples; [samples] is mono, [samples, channels] has several channels."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(as_pcm(samples))
    return stream.getvalue()


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG file."""
    return _as_image(pixels, "PNG")


def as_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Return a JPEG file."""
    return _as_image(pixels, "JPEG")


def as_json(sentence: str) -> bytes:
    """Return the JSON body of ``POST /infer/embed``."""
    return json.dumps({"text": sentence}).encode()


def _as_image(pixels: NDArray[np.uint8], kind: str) -> bytes:
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()
