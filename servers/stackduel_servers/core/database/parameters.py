"""The parameters of the endpoints that need a database, with their bounds."""

from __future__ import annotations

from stackduel_servers.core.database.statements import PAGES, WORLDS
from stackduel_servers.core.query import INTEGER, NUMBER, Parameter, read

MOST_QUERIES, MOST_SEED = 500, 999_999

ID = Parameter(b"id", INTEGER, 1, WORLDS, 1, f"an integer from 1 to {WORLDS}")
COUNT = Parameter(b"n", INTEGER, 1, MOST_QUERIES, 1, f"an integer from 1 to {MOST_QUERIES}")
SEED = Parameter(b"seed", INTEGER, 0, MOST_SEED, 0, f"an integer from 0 to {MOST_SEED}")
PAGE = Parameter(b"page", INTEGER, 1, PAGES, 1, f"an integer from 1 to {PAGES}")
SECONDS = Parameter(b"s", NUMBER, 0, 10, b"0.02", "a number from 0 to 10 with at most 9 decimals")


def first_id(query: bytes) -> int:
    """Read ``id``, a row, or the first one of several; raises HttpError 400."""
    return int(read(query, ID))


def count(query: bytes) -> int:
    """Read ``n``, the number of rows; raises HttpError 400."""
    return int(read(query, COUNT))


def seed(query: bytes) -> int:
    """Read ``seed``, which decides what is written; raises HttpError 400."""
    return int(read(query, SEED))


def page(query: bytes) -> int:
    """Read ``page``, the number of a page of articles; raises HttpError 400."""
    return int(read(query, PAGE))


def sleep_s(query: bytes) -> float:
    """Read ``s``, the seconds that the database sleeps; raises HttpError 400."""
    return float(read(query, SECONDS))
