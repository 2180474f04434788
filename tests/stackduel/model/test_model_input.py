"""Recipes of inputs: the same bytes every time, and the same numbers in whatever kind."""

from __future__ import annotations

import io
import json
import wave
from dataclasses import replace

import numpy as np
import pytest

from stackduel.inference.generated_inputs import input_bytes, sound
from stackduel.model.model_input import InputKind, ModelInput

CLIP = ModelInput("wav", 342_922, 16_000)
RECIPES = (
    ModelInput("float32", 48_000, 48_000),
    ModelInput("pcm", 25_600, 16_000),
    ModelInput("wav", 25_600, 16_000),
    ModelInput("png", width=64, height=48),
    ModelInput("jpeg", width=64, height=48),
    ModelInput("text"),
    ModelInput("tensor", 12),
)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.kind)
def test_a_recipe_makes_the_same_bytes_again_and_others_by_another_seed(recipe: ModelInput) -> None:
    """The bytes depend on the recipe alone, and the seed is a part of it."""
    assert input_bytes(recipe) == input_bytes(replace(recipe))
    assert input_bytes(recipe) != input_bytes(replace(recipe, seed=1))


def test_the_clip_is_a_wav_of_its_length_and_rate() -> None:
    """The clip of the FastAPI-and-Triton comparison: 342,922 samples at 16 kHz, mono, 16 bits."""
    with wave.open(io.BytesIO(input_bytes(CLIP))) as file:
        assert (file.getnframes(), file.getframerate(), file.getnchannels(), file.getsampwidth()) == (
            342_922, 16_000, 1, 2,
        )  # fmt: skip
        assert file.readframes(342_922) == sound(CLIP).tobytes()


def test_every_kind_of_a_sound_holds_the_same_samples() -> None:
    """Floats, integers and files of one recipe are one sound to the last bit: stacks that differ in form agree."""
    samples = np.frombuffer(input_bytes(ModelInput("pcm", 1_000, 16_000)), "<i2")
    floats = np.frombuffer(input_bytes(ModelInput("float32", 1_000, 16_000)), "<f4")
    assert input_bytes(ModelInput("wav", 1_000, 16_000)).endswith(samples.tobytes())
    assert np.array_equal(floats * 32_768, samples)


def test_a_sound_is_loud_and_not_noise() -> None:
    """It uses much of the range, unclipped; a twentieth of its frequencies hold most power (of noise a fifth)."""
    samples = sound(ModelInput("pcm", 32_000, 16_000)).astype(float)
    assert 1_000 < samples.std() < 12_000
    assert 8_000 < np.abs(samples).max() < 32_767
    power = np.sort(np.abs(np.fft.rfft(samples)) ** 2)[::-1]
    assert power[: power.size // 20].sum() > 0.5 * power.sum()


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_picture_has_its_sides(kind: InputKind) -> None:
    """Width and height are those of the recipe, in colour."""
    from PIL import Image

    image = Image.open(io.BytesIO(input_bytes(ModelInput(kind, width=64, height=48))))
    assert (image.size, image.mode, image.format) == ((64, 48), "RGB", kind.upper())


def test_a_text_is_a_sentence_in_json() -> None:
    """A model of texts is posted a sentence of some length."""
    assert list(json.loads(input_bytes(ModelInput("text")))) == ["text"]
    assert len(json.loads(input_bytes(ModelInput("text")))["text"].split()) >= 8
