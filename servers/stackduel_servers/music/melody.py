"""Melodies drawn by a seed: the same seed gives the same notes on every machine and in every version of Python."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

T = TypeVar("T")

Level = Literal[1, 2, 3]
# Each major key with its number of sharps; flats count as negative.
KEYS = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "F": -1, "Bb": -2, "Eb": -3}
LEVELS: tuple[Level, ...] = (1, 2, 3)
BEATS = 4

# The quarters of a measure's notes; two eighths beside each other share a beam.
_RHYTHMS: dict[Level, tuple[tuple[float, ...], ...]] = {
    1: ((1, 1, 1, 1), (2, 1, 1), (1, 1, 2), (2, 2)),
    2: ((1, 1, 1, 1), (0.5, 0.5, 1, 1, 1), (1, 0.5, 0.5, 2), (1, 1, 0.5, 0.5, 1)),
    3: ((0.5, 0.5, 0.5, 0.5, 1, 1), (1, 0.5, 0.5, 0.5, 0.5, 1), (0.5, 0.5, 1, 0.5, 0.5, 1)),
}
# The widest step between two notes, in steps of the scale.
_WIDEST: dict[Level, int] = {1: 1, 2: 2, 3: 4}
# The scale's steps that fit on a staff: from the tonic to the third above the octave.
_RANGE = 10
_LETTERS = "CDEFGAB"
_SHARPS, _FLATS = "FCGDAEB", "BEADGCF"


@dataclass(frozen=True, slots=True)
class Tone:
    """One note: its letter, its octave (4 begins at middle C), its half steps of alteration, its length in quarters."""

    letter: str
    octave: int
    alteration: int
    quarters: float

    @property
    def name(self) -> str:
        """Return the note's name, such as F#4."""
        return f"{self.letter}{'#' * self.alteration or 'b' * -self.alteration}{self.octave}"


@dataclass(frozen=True, slots=True)
class Melody:
    """The notes of each measure in four-four time, in a major key."""

    key: str
    measures: tuple[tuple[Tone, ...], ...]

    @property
    def tones(self) -> tuple[Tone, ...]:
        """Return all notes in their order."""
        return tuple(tone for measure in self.measures for tone in measure)


def draw_melody(seed: str, key: str, level: Level, measures: int) -> Melody:
    """Return the melody of a seed; it begins and ends on the tonic."""
    random = generator(seed)
    step = 0
    drawn: list[tuple[Tone, ...]] = []
    for _ in range(measures - 1):
        tones = []
        for quarters in pick(random, _RHYTHMS[level]):
            tones.append(tone_at(key, step, quarters))
            step = _next_step(random, step, _WIDEST[level])
        drawn.append(tuple(tones))
    return Melody(key, (*drawn, (tone_at(key, 0, BEATS),)))


def generator(seed: str) -> Random:
    """Return the source of what a seed draws; only its ``random()`` stays the same from one Python to the next."""
    return Random(seed)  # noqa: S311 - music, no secret


def tone_at(key: str, step: int, quarters: float = 1) -> Tone:
    """Return the note so many steps of the key's scale above its tonic, which lies in the octave of middle C."""
    place = _LETTERS.index(key[0]) + step
    letter, sharps = _LETTERS[place % len(_LETTERS)], KEYS[key]
    alteration = (letter in _SHARPS[: max(0, sharps)]) - (letter in _FLATS[: max(0, -sharps)])
    return Tone(letter, 4 + place // len(_LETTERS), alteration, quarters)


def pick(random: Random, choices: tuple[T, ...]) -> T:
    """Return one of the choices."""
    return choices[int(random.random() * len(choices))]


def _next_step(random: Random, step: int, widest: int) -> int:
    leap = 1 + int(random.random() * widest)
    up = step - leap < 0 or (step + leap < _RANGE and random.random() < 0.5)
    return step + leap if up else step - leap
