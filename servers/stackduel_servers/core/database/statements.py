"""The statements of the endpoints, and the rows that they are about: the same for every driver."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

WORLDS = 10_000
PAGE_ROWS, PAGES = 50, 200
# Without a common factor with the number of rows, so that all rows of a request differ.
STEP = 7919

Row = Sequence[object]


@dataclass(frozen=True)
class Statement:
    """A statement with its parameters as PostgreSQL writes them, ``$1``, each used once and in order."""

    text: str

    @cached_property
    def by_position(self) -> str:
        """The statement for drivers that write each parameter as ``%s``."""
        return re.sub(r"\$\d+", "%s", self.text)


WORLD = Statement("SELECT id, randomnumber FROM stackduel.world WHERE id = $1")
LOCKED_WORLD = Statement("SELECT id, randomnumber FROM stackduel.world WHERE id = $1 FOR UPDATE")
UPDATE = Statement(
    "UPDATE stackduel.world SET randomnumber = wanted.number "
    "FROM unnest($1::integer[], $2::integer[]) AS wanted (id, number) WHERE world.id = wanted.id"
)
PAGE = Statement(
    "SELECT article.id, article.title, author.name, to_char(article.published, 'YYYY-MM-DD'), article.words "
    "FROM stackduel.article JOIN stackduel.author ON author.id = article.author_id "
    "ORDER BY article.published DESC, article.id DESC LIMIT 50 OFFSET $1"
)
SLEEP = Statement("SELECT pg_sleep($1::double precision)")


def ids(first: int, count: int) -> list[int]:
    """Return the ids of ``count`` different rows, the same for each request that names the same first one."""
    return [(first - 1 + number * STEP) % WORLDS + 1 for number in range(count)]


def new_number(world: int, seed: int) -> int:
    """Return what a request with this seed writes: the same however often it is sent."""
    return (world * 31 + seed * 17) % WORLDS + 1
