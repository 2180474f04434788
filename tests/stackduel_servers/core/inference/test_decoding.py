"""Bodies decoded into inputs of models, compared with other ways to the same numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.inference.ask import FLOAT32, JPEG, JSON, PCM, PNG, WAV, Ask
from stackduel_servers.core.inference.decoding import decode
from stackduel_servers.models import sample_inputs
from stackduel_servers.models.catalog import Picture, Sound, TensorInput, Text

SOUND = Sound(16_000, 1000, 64_000)
PICTURE = Picture(16, 512)
TEXT = Text(100)


def refused(ask: Ask, takes: Sound | Picture | Text | TensorInput, body: bytes) -> str:
    """The sentence of a 400."""
    with pytest.raises(HttpError) as error:
        decode(ask, takes, body)
    assert error.value.status == 400
    return error.value.message


def status(form: str, takes: Sound | Picture | Text, body: bytes) -> int:
    """Return the status that a body leads to: 200 where it is taken, or the error's."""
    try:
        decode(Ask("x", form), takes, body)
    except HttpError as error:
        return error.status
    return 200


def test_raw_numbers_are_not_copied() -> None:
    """A body of 192 KB is read in place."""
    body = sample_inputs.as_float32(sample_inputs.sound(16_000, 16_000, 1))
    samples = decode(Ask("x", FLOAT32), SOUND, body)
    assert isinstance(samples, np.ndarray)
    assert np.shares_memory(samples, np.frombuffer(body, np.float32))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_wav_files_of_every_kind(subtype: str) -> None:
    """The samples survive every WAV encoding, within its precision."""
    tone = (0.5 * np.sin(np.arange(16_000) / 10)).astype(np.float32)
    stream = io.BytesIO()
    soundfile.write(stream, tone, 16_000, format="WAV", subtype=subtype)
    samples = decode(Ask("x", WAV), SOUND, stream.getvalue())
    assert isinstance(samples, np.ndarray)
    assert samples.dtype == np.float32
    assert np.abs(samples - tone).max() < 0.05


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_another_rate_is_resampled_to_exactly_the_length_it_lasts(rate_hz: int) -> None:
    """A tone keeps its pitch at the model's rate, and one second has exactly one second of samples."""
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)).astype(np.float32)
    body = np.rint(tone * 32767).astype("<i2").tobytes()
    samples = decode(Ask("x", PCM, rate_hz), SOUND, body)
    assert isinstance(samples, np.ndarray)
    assert samples.shape == (16_000,)
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert np.abs(samples - wanted)[500:-500].max() < 2e-3


def test_channels_are_averaged() -> None:
    """Two channels become their mean."""
    left, right = (sample_inputs.sound(4000, 16_000, seed) for seed in (1, 2))
    stereo = sample_inputs.as_pcm(np.stack([left, right], axis=1))
    samples = decode(Ask("x", PCM, 16_000, 2), SOUND, stereo)
    assert isinstance(samples, np.ndarray)
    assert np.abs(samples - (left + right) / 2).max() < 1e-4


def test_other_sound_files_are_no_wav_files() -> None:
    """The library could read FLAC too, but only WAV is accepted."""
    stream = io.BytesIO()
    soundfile.write(stream, sample_inputs.sound(4000, 16_000, 1), 16_000, format="FLAC")
    assert refused(Ask("x", WAV), SOUND, stream.getvalue()) == "body must be a WAV file, not FLAC"


def test_a_wav_of_infinities_is_refused() -> None:
    """Infinities in files are refused too."""
    stream = io.BytesIO()
    soundfile.write(stream, np.full(4000, np.inf, np.float32), 16_000, format="WAV", subtype="FLOAT")
    assert refused(Ask("x", WAV), SOUND, stream.getvalue()) == "body must hold finite numbers only"


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "I;16", "LA"])
def test_pictures_of_every_mode_become_rgb(mode: str) -> None:
    """Grey, palette and transparent pictures become three channels."""
    picture = Image.fromarray(sample_inputs.picture(40, 30, 1))
    picture = picture.convert("L").convert("I;16") if mode == "I;16" else picture.convert(mode)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    pixels = decode(Ask("x", PNG), PICTURE, stream.getvalue())
    assert isinstance(pixels, np.ndarray)
    assert pixels.shape == (30, 40, 3)
    assert pixels.dtype == np.uint8


def test_pixels_of_a_png_are_exact() -> None:
    """A lossless file gives the same pixels."""
    pixels = sample_inputs.picture(50, 20, 3)
    assert np.array_equal(decode(Ask("x", PNG), PICTURE, sample_inputs.as_png(pixels)), pixels)


def test_a_picture_is_refused_by_its_header() -> None:
    """The sides are checked before a pixel is decoded, in JPEG as in PNG."""
    body = sample_inputs.as_jpeg(sample_inputs.picture(513, 20, 1))
    assert refused(Ask("x", JPEG), PICTURE, body) == ("body must be a picture of 16 to 512 pixels a side, not 513 x 20")


def test_texts() -> None:
    """A text is taken unchanged; other keys are ignored."""
    assert decode(Ask("x", JSON), TEXT, '{"a": [1], "text": "Käse"}'.encode()) == "Käse"
    assert refused(Ask("x", JSON), TEXT, b'{"text": ""}') == "text must be a string of 1 to 100 characters"


def test_tensors() -> None:
    """The user's own model accepts its own shape only."""
    numbers = np.arange(6, dtype=np.float32)
    tensor = decode(Ask("own", FLOAT32), TensorInput((2, 3)), numbers.tobytes())
    assert np.array_equal(np.ravel(np.asarray(tensor)), numbers)
    message = refused(Ask("own", FLOAT32), TensorInput((2, 3)), bytes(20))
    assert message == "body must be 6 numbers of float32, 24 bytes, not 20 bytes"


@given(body=st.binary(max_size=200), form=st.sampled_from([FLOAT32, PCM, WAV, PNG, JPEG, JSON]))
def test_random_bytes_are_decoded_or_refused(body: bytes, form: str) -> None:
    """No body causes a crash."""
    takes: dict[str, Sound | Picture | Text] = {PNG: PICTURE, JPEG: PICTURE, JSON: TEXT}
    assert status(form, takes.get(form, SOUND), body) in {200, 400}


@given(cut=st.integers(0, 2000), flip=st.integers(0, 1999), form=st.sampled_from([WAV, PNG, JPEG]))
def test_damaged_files_are_decoded_or_refused(cut: int, flip: int, form: str) -> None:
    """A truncated file, or one with a flipped bit, gives an input or a 400."""
    whole = {
        WAV: sample_inputs.as_wav(sample_inputs.sound(2000, 16_000, 1), 16_000),
        PNG: sample_inputs.as_png(sample_inputs.picture(32, 32, 1)),
        JPEG: sample_inputs.as_jpeg(sample_inputs.picture(32, 32, 1)),
    }[form]
    body = bytearray(whole[: len(whole) - cut] if cut < len(whole) else whole)
    body[flip % len(body)] ^= 0x10
    assert status(form, SOUND if form == WAV else PICTURE, bytes(body)) in {200, 400}
