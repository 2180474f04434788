"""Melodies: drawn by a seed, in their key, in whole measures."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.music.melody import KEYS, LEVELS, Level, draw_melody, tone_at

SEEDS = st.text(max_size=8)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("C", "C4 D4 E4 F4 G4 A4 B4 C5"),
        ("E", "E4 F#4 G#4 A4 B4 C#5 D#5 E5"),
        ("Eb", "Eb4 F4 G4 Ab4 Bb4 C5 D5 Eb5"),
        ("Bb", "Bb4 C5 D5 Eb5 F5 G5 A5 Bb5"),
    ],
)
def test_a_scale_has_the_notes_of_its_key(key: str, names: str) -> None:
    """Sharps, flats and octaves are those of the scale."""
    assert [tone_at(key, step).name for step in range(8)] == names.split()


@given(seed=SEEDS, key=st.sampled_from(list(KEYS)), level=st.sampled_from(LEVELS), measures=st.integers(1, 64))
def test_a_melody_is_whole(seed: str, key: str, level: Level, measures: int) -> None:
    """Every measure is full, every note is of the scale, and the last one is the tonic, whatever the seed."""
    melody = draw_melody(seed, key, level, measures)
    scale = {tone_at(key, step).name for step in range(10)}
    assert len(melody.measures) == measures
    assert {sum(tone.quarters for tone in measure) for measure in melody.measures} == {4}
    assert {tone.name for tone in melody.tones} <= scale
    assert melody.tones[-1].name == tone_at(key, 0).name


@given(seed=SEEDS, level=st.sampled_from(LEVELS))
def test_a_level_bounds_the_leaps(seed: str, level: Level) -> None:
    """Two notes beside each other are never further apart than the level allows, but for the way back to the tonic."""
    places = [7 * tone.octave + "CDEFGAB".index(tone.letter) for tone in draw_melody(seed, "G", level, 16).tones][:-1]
    leaps = {abs(later - earlier) for earlier, later in pairwise(places)}
    assert leaps <= set(range(1, {1: 1, 2: 2, 3: 4}[level] + 1))


def test_a_seed_draws_the_same_notes_on_every_python() -> None:
    """The notes of one seed, written down: another version of Python must draw them, too."""
    names = " ".join(tone.name for tone in draw_melody("exercise C 3", "C", 3, 3).tones)
    assert names == "C4 E4 C4 F4 G4 E4 F4 G4 E4 F4 B4 A4 C4"
