"""Decoding a request's body into a model's input, with libraries; sizes are checked before anything is decoded."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import orjson
import soundfile
import soxr
from numpy.typing import NDArray
from PIL import Image

from stackduel_servers.core.errors import HttpError, bad_request
from stackduel_servers.core.inference.ask import CHANNELS, FLOAT32, PCM, PNG, RATE_HZ, Ask
from stackduel_servers.models.catalog import Picture, Sound, TensorInput, Text

Float32 = NDArray[np.float32]
Given = Float32 | NDArray[np.uint8] | str

# Pillow's own limit only warns, and at its own size; here the sides are checked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None
LITTLE_FLOAT32 = np.dtype("<f4")
LITTLE_INT16 = np.dtype("<i2")
INT16_RANGE = np.float32(32768)


def decode(ask: Ask, takes: Sound | Picture | Text | TensorInput, body: bytes) -> Given:
    """Decode the body into the model's input; raises HttpError 400, which names the field and its bounds."""
    match takes:
        case Sound():
            return _sound(ask, takes, body)
        case Picture():
            return _picture(ask.form, takes, body)
        case Text():
            return _text(takes, body)
        case TensorInput():
            return _tensor(takes, body)


def _sound(ask: Ask, takes: Sound, body: bytes) -> Float32:
    if ask.form == FLOAT32:
        samples = _floats(body)
        _check_length(takes, len(samples), takes.rate_hz)
        return _finite(samples)
    if ask.form == PCM:
        integers, rate_hz = _pcm(body, ask.channels), ask.rate_hz or takes.rate_hz
        _check_length(takes, len(integers), rate_hz)
        return _resampled(integers.astype(np.float32) / INT16_RANGE, rate_hz, takes.rate_hz)
    frames, rate_hz = _wav(takes, body)
    return _finite(_resampled(frames, rate_hz, takes.rate_hz))


def _floats(body: bytes) -> Float32:
    if len(body) % 4:
        raise bad_request(f"body must be float32, whole numbers of 4 bytes, not {len(body)} bytes")
    return np.frombuffer(body, LITTLE_FLOAT32)


def _pcm(body: bytes, channels: int) -> NDArray[np.int16]:
    if len(body) % (2 * channels):
        raise bad_request(f"body must be int16 of {channels} channels, not {len(body)} bytes")
    return np.frombuffer(body, LITTLE_INT16).reshape(-1, channels)


def _wav(takes: Sound, body: bytes) -> tuple[Float32, int]:
    """Return the frames of a WAV file (one row each) and their rate; the header is checked before frames are read."""
    try:
        with soundfile.SoundFile(io.BytesIO(body)) as file:
            if file.format not in {"WAV", "WAVEX", "RF64"}:
                raise bad_request(f"body must be a WAV file, not {file.format}")
            _check_range("rate", file.samplerate, RATE_HZ)
            _check_range("channels", file.channels, CHANNELS)
            _check_length(takes, file.frames, file.samplerate)
            return file.read(dtype="float32", always_2d=True), file.samplerate
    except (soundfile.SoundFileError, RuntimeError, OSError, ValueError) as error:
        raise bad_request("body must be a WAV file: it cannot be read") from error


def _check_range(name: str, value: int, bounds: tuple[int, int]) -> None:
    if not bounds[0] <= value <= bounds[1]:
        raise bad_request(f"{name} must be an integer from {bounds[0]} to {bounds[1]}")


def _check_length(takes: Sound, frames: int, rate_hz: int) -> None:
    """Refuse a sound whose length is out of bounds at the model's rate."""
    samples = round(frames * takes.rate_hz / rate_hz)
    if not takes.least <= samples <= takes.most:
        bound = f"{takes.least} to {takes.most}" if takes.least != takes.most else str(takes.least)
        raise bad_request(f"body must hold {bound} samples at {takes.rate_hz} Hz, not {samples}")


def _resampled(frames: Float32, rate_hz: int, wanted_hz: int) -> Float32:
    """Return the mean of all channels at ``wanted_hz``."""
    mono = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1, dtype=np.float32)
    if rate_hz == wanted_hz:
        return np.ascontiguousarray(mono)
    samples: Float32 = soxr.resample(mono, rate_hz, wanted_hz)
    # The library's result may be one sample shorter or longer, and some models take one length only.
    wanted = round(len(mono) * wanted_hz / rate_hz)
    return samples if len(samples) == wanted else np.pad(samples[:wanted], (0, max(0, wanted - len(samples))))


def _finite(samples: Float32) -> Float32:
    if not np.isfinite(samples).all():
        raise bad_request("body must hold finite numbers only")
    return samples


def _picture(form: str, takes: Picture, body: bytes) -> NDArray[np.uint8]:
    kind = "PNG" if form == PNG else "JPEG"
    try:
        with Image.open(io.BytesIO(body), formats=(kind,)) as image:
            _check_sides(takes, *image.size)
            return np.asarray(image.convert("RGB"))
    except HttpError:
        raise
    except Exception as error:
        # Whatever a decoder says of a broken file: Pillow's raise OSError, SyntaxError, ValueError, struct.error, ...
        raise bad_request(f"body must be a {kind} file: it cannot be read") from error


def _check_sides(takes: Picture, width: int, height: int) -> None:
    if not (takes.least_side <= width <= takes.most_side and takes.least_side <= height <= takes.most_side):
        bound = f"{takes.least_side} to {takes.most_side}"
        raise bad_request(f"body must be a picture of {bound} pixels a side, not {width} x {height}")


def _text(takes: Text, body: bytes) -> str:
    try:
        content: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request("body must be JSON") from error
    text = content.get("text") if isinstance(content, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= takes.most_chars:
        raise bad_request(f"text must be a string of 1 to {takes.most_chars} characters")
    return text


def _tensor(takes: TensorInput, body: bytes) -> Float32:
    count = int(np.prod(takes.shape, dtype=np.int64))
    if len(body) != 4 * count:
        raise bad_request(f"body must be {count} numbers of float32, {4 * count} bytes, not {len(body)} bytes")
    return _finite(_floats(body)).reshape(takes.shape)
