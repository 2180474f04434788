"""vad: it detects speech and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from stackduel_servers.models import sample_inputs
from stackduel_servers.models.model import Model


def speech(model: Callable[[str], Model], samples: NDArray[np.float32]) -> NDArray[np.float32]:
    vad = model("vad")
    return vad.finish(vad.infer([vad.prepare(samples)])[0])["speech"]


@pytest.mark.parametrize("seed", range(4))
def test_it_hears_what_is_like_speech(model: Callable[[str], Model], seed: int) -> None:
    """Generated vowels with a moving pitch count as speech with high probability."""
    assert speech(model, sample_inputs.sound(48_000, 16_000, seed)).max() > 0.9


def test_it_hears_no_speech_in_other_sounds(model: Callable[[str], Model]) -> None:
    """Silence, noise and a pure tone stay below every usual threshold."""
    random = np.random.default_rng(1)
    silence = np.zeros(16_000, dtype=np.float32)
    noise = random.normal(0, 0.05, 16_000).astype(np.float32)
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.float32)
    assert max(speech(model, sound).max() for sound in (silence, noise, tone)) < 0.2


def test_it_says_when_the_speech_begins(model: Callable[[str], Model]) -> None:
    """After a second of silence, only the windows with speech count as speech."""
    found = speech(model, np.concatenate([np.zeros(16_384, dtype=np.float32), sample_inputs.sound(32_000, 16_000, 2)]))
    assert found[:32].max() < 0.2
    assert found[32:].max() > 0.9


@pytest.mark.parametrize(("samples", "windows"), [(512, 1), (513, 2), (1024, 2), (16_000, 32)])
def test_there_is_a_number_for_each_window(model: Callable[[str], Model], samples: int, windows: int) -> None:
    """Each 32 ms have a probability; the last window is padded with zeros."""
    sound = sample_inputs.sound(samples, 16_000, 3)
    found = speech(model, sound)
    assert found.shape == (windows,)
    filled = np.pad(sound, (0, windows * 512 - samples))
    np.testing.assert_array_equal(found, speech(model, filled))
