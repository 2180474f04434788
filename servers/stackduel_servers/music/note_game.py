"""A game: name one note of a melody, which is shown without names; four names to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel_servers.music.melody import KEYS, Level, Melody, draw_melody, generator, pick, tone_at

OPTIONS = 4
LEVEL: Level = 2


@dataclass(frozen=True, slots=True)
class NoteQuestion:
    """One question: which note of the melody is asked for (from 1), the names to choose from, and the right one."""

    melody: Melody
    number: int
    options: tuple[str, ...]
    solution: str


def draw_question(seed: int, measures: int) -> NoteQuestion:
    """Return the question of a seed."""
    random = generator(f"question {seed}")
    melody = draw_melody(f"game {seed}", pick(random, tuple(KEYS)), LEVEL, measures)
    number = int(random.random() * len(melody.tones))
    solution = melody.tones[number].name
    names = [tone_at(melody.key, step).name for step in range(8)]
    others = [name for name in names if name != solution]
    options = [solution]
    while len(options) < OPTIONS:
        options.append(others.pop(int(random.random() * len(others))))
    return NoteQuestion(melody, number + 1, tuple(sorted(options)), solution)
