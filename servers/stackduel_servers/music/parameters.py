"""The parameters of the music service's endpoints, with their bounds, read from the raw query."""

from __future__ import annotations

import re

from stackduel_servers.core.errors import bad_request
from stackduel_servers.core.query import INTEGER, Parameter, read, single
from stackduel_servers.music.melody import KEYS

MOST_SEED = 999_999
# Some 15 ms of work on a core of 2025.
DEFAULT_MEASURES = 24

MEASURES = Parameter(b"measures", INTEGER, 1, 64, DEFAULT_MEASURES, "an integer from 1 to 64")
LEVEL = Parameter(b"level", INTEGER, 1, 3, 1, "an integer from 1 to 3")
SEED = Parameter(b"seed", INTEGER, 0, MOST_SEED, -1, f"an integer from 0 to {MOST_SEED}")
NOTE = re.compile(rb"[A-G][#b]?[0-9]")


def measures(query: bytes) -> int:
    """Read ``measures``, the length of a melody; raises HttpError 400."""
    return int(read(query, MEASURES))


def level(query: bytes) -> int:
    """Read ``level``, the difficulty of an exercise; raises HttpError 400."""
    return int(read(query, LEVEL))


def seed(query: bytes) -> int | None:
    """Read ``seed``, which draws the music; None if it is not given; raises HttpError 400."""
    value = int(read(query, SEED))
    return None if value == SEED.default else value


def key(query: bytes) -> str:
    """Read ``key``, the key of an exercise; raises HttpError 400."""
    value = single(query, b"key")
    text = "C" if value is None else value.decode("latin-1")
    if text not in KEYS:
        raise bad_request(f"key must be one of {', '.join(KEYS)}")
    return text


def answer(query: bytes) -> str | None:
    """Read ``answer``, the name of a note; None if it is not given; raises HttpError 400."""
    value = single(query, b"answer")
    if value is None:
        return None
    if not NOTE.fullmatch(value):
        raise bad_request("answer must be the name of a note, such as F%234 for F#4")
    if seed(query) is None:
        raise bad_request("answer needs the seed of its question")
    return value.decode("ascii")
