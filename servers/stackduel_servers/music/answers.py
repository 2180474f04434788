"""Answers of the music service: the raw query of a request in, the whole answer out."""

from __future__ import annotations

from random import SystemRandom
from typing import cast

from stackduel_servers.core.answers import Answer, success
from stackduel_servers.music import parameters
from stackduel_servers.music.melody import KEYS, LEVELS, Level, draw_melody, generator, pick
from stackduel_servers.music.notation import music_xml
from stackduel_servers.music.note_game import NoteQuestion, draw_question

ENDPOINTS = ("/", "/health", "/exercise", "/exercise/random", "/note-game")
MUSIC_XML = "application/vnd.recordare.musicxml+xml"

_anyhow = SystemRandom()


def index() -> Answer:
    """Return the answer of ``/``: the name of this service and its endpoints."""
    return success({"service": "stackduel-music", "endpoints": ENDPOINTS})


def exercise(query: bytes) -> Answer:
    """Return the exercise of a key, a level and a number of measures; raises HttpError 400."""
    key, level, measures = parameters.key(query), parameters.level(query), parameters.measures(query)
    melody = draw_melody(f"exercise {key} {level}", key, cast("Level", level), measures)
    return _score(music_xml(melody, f"Exercise in {key} major, level {level}"))


def random_exercise(query: bytes) -> Answer:
    """Return the exercise of a seed, which the title repeats; without one of a new seed; raises HttpError 400."""
    seed, measures = parameters.seed(query), parameters.measures(query)
    if seed is None:
        seed = _new_seed()
    key, level = pick(generator(f"key {seed}"), tuple(KEYS)), LEVELS[seed % len(LEVELS)]
    melody = draw_melody(f"random {seed}", key, level, measures)
    return _score(music_xml(melody, f"Random exercise {seed}"))


def note_game(query: bytes) -> Answer:
    """Return the question of a seed, and whether an answer to it is right; raises HttpError 400.

    Without a seed the question is a new one, which names its seed.
    """
    seed, answer, measures = parameters.seed(query), parameters.answer(query), parameters.measures(query)
    if seed is None:
        seed = _new_seed()
    question = draw_question(seed, measures)
    content: dict[str, object] = {
        "game": "note-name",
        "seed": seed,
        "measures": measures,
        "number": question.number,
        "question": f"Which note is number {question.number}?",
        "options": question.options,
        "score": music_xml(question.melody, f"Note game {seed}"),
    }
    return success(content if answer is None else {**content, **_checked(question, answer)})


def _checked(question: NoteQuestion, answer: str) -> dict[str, object]:
    return {"answer": answer, "right": answer == question.solution, "solution": question.solution}


def _score(text: str) -> Answer:
    return Answer(200, text.encode(), content_type=MUSIC_XML)


def _new_seed() -> int:
    return _anyhow.randrange(parameters.MOST_SEED + 1)
