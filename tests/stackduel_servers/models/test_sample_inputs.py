"""Generated inputs: the same for the same seed, and the same numbers in every encoding."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from PIL import Image

from stackduel_servers.models import sample_inputs
from stackduel_servers.models.catalog import CATALOG, Picture, Sound, TensorInput
from stackduel_servers.models.model import Model


@pytest.mark.parametrize("name", CATALOG)
def test_each_model_takes_what_is_generated_for_it(model: Callable[[str], Model], name: str) -> None:
    """Each card's usual input runs, outputs have the card's shapes, and different seeds give different inputs."""
    made = model(name)
    given, again, other = (sample_inputs.generate(made.card.takes, seed) for seed in (1, 1, 2))
    assert np.array_equal(given, again)
    assert not np.array_equal(given, other)
    outputs = made.finish(made.infer([made.prepare(given)])[0])
    assert list(outputs) == [each for each, _ in made.card.gives]
    for found, (_, wanted) in zip(outputs.values(), made.card.gives, strict=True):
        assert found.dtype == np.float32
        assert len(found.shape) == len(wanted)
        assert all(one == other for one, other in zip(found.shape, wanted, strict=True) if isinstance(other, int))


@pytest.mark.parametrize("samples", [0, 1, 512, 342_922])
def test_sound_has_its_length_and_its_bounds(samples: int) -> None:
    """Sound has any requested length, stays within -1 and 1, and is loud enough to hear."""
    sound = sample_inputs.sound(samples, 16_000, 1)
    assert sound.shape == (samples,)
    assert sound.dtype == np.float32
    assert samples == 0 or np.abs(sound).max() <= 1
    assert samples < 16_000 or np.sqrt(np.mean(sound**2)) > 0.02


def test_usual_sizes_keep_the_bounds() -> None:
    """The usual sizes are 1.6 s and 256 pixels, within the model's bounds."""
    assert Sound(16_000, 1, 100_000).usual == 25_600
    assert Sound(48_000, 48_000, 48_000).usual == 48_000
    assert Sound(16_000, 30_000, 100_000).usual == 30_000
    assert Picture(20, 2048).usual == 256
    assert Picture(20, 100).usual == 100
    assert sample_inputs.generate(TensorInput((2, 3)), 1).shape == (6,)  # type: ignore[union-attr]


def test_float32_bytes_are_the_samples() -> None:
    """The bytes are the samples in order, little-endian."""
    sound = sample_inputs.sound(100, 16_000, 1)
    np.testing.assert_array_equal(np.frombuffer(sample_inputs.as_float32(sound), dtype="<f4"), sound)


def test_pcm_is_the_sound_within_half_a_step() -> None:
    """The error is at most half a 16-bit step, and the loudest samples do not overflow."""
    sound = np.array([0, 1, -1, 2, -2, 0.5], dtype=np.float32)
    found = np.frombuffer(sample_inputs.as_pcm(sound), dtype="<i2")
    assert found.tolist() == [0, 32767, -32767, 32767, -32767, 16384]


@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_file_is_read_back_by_another_library(channels: int) -> None:
    """Rate, channels and samples survive the round trip."""
    sound = np.stack([sample_inputs.sound(1000, 44_100, seed) for seed in range(channels)], axis=1)
    found, rate_hz = soundfile.read(io.BytesIO(sample_inputs.as_wav(np.squeeze(sound), 44_100)), always_2d=True)
    assert rate_hz == 44_100
    np.testing.assert_allclose(found, sound, atol=1e-4)


def test_pictures_are_files_of_their_kind() -> None:
    """PNG keeps every pixel, JPEG approximately; width and height are not swapped."""
    pixels = sample_inputs.picture(40, 30, 1)
    assert pixels.shape == (30, 40, 3)
    with Image.open(io.BytesIO(sample_inputs.as_png(pixels))) as png:
        assert (png.format, png.size) == ("PNG", (40, 30))
        np.testing.assert_array_equal(np.asarray(png), pixels)
    with Image.open(io.BytesIO(sample_inputs.as_jpeg(pixels))) as jpeg:
        assert (jpeg.format, jpeg.size) == ("JPEG", (40, 30))
        assert np.abs(np.asarray(jpeg).astype(int) - pixels).mean() < 12


def test_a_text_travels_as_json() -> None:
    """The JSON body has one key."""
    assert json.loads(sample_inputs.as_json('a "quote" ä')) == {"text": 'a "quote" ä'}
