"""The statements of the endpoints, and the rows that they are about: the same for every driver."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

WORLDS = 10_000
PAGE_ROWS, PAGES = 50, 200
ACCOUNTS, PRODUCTS = 1000, 100
# Without a common factor with the number of rows, so that all rows of a request differ.
STEP = 7919

Row = Sequence[Any]


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
# No index can help, and the count needs every row: the same work for every text.
SEARCH = Statement(
    "SELECT count(*) OVER (), article.id, article.title FROM stackduel.article "
    "WHERE strpos(lower(article.title), lower($1::text)) > 0 "
    "ORDER BY article.published DESC, article.id DESC LIMIT 20"
)

# An order, in this sequence in each of them: the product is what conflicts, and no two wait for each other.
PRODUCT = Statement("SELECT price, stock FROM stackduel.product WHERE id = $1")
TAKE_ORDER = Statement(
    "INSERT INTO stackduel.orders (key, account_id, product_id, quantity, total) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (key) DO NOTHING RETURNING id"
)
ACCOUNT = Statement("SELECT balance FROM stackduel.account WHERE id = $1")
SET_STOCK = Statement("UPDATE stackduel.product SET stock = $1 WHERE id = $2")
SET_BALANCE = Statement("UPDATE stackduel.account SET balance = $1 WHERE id = $2")
# Of one that was taken before.
TAKEN_ORDER = Statement("SELECT account_id, product_id, quantity, total FROM stackduel.orders WHERE key = $1")


def ids(first: int, count: int) -> list[int]:
    """Return the ids of ``count`` different rows, the same for each request that names the same first one."""
    return [(first - 1 + number * STEP) % WORLDS + 1 for number in range(count)]


def new_number(world: int, seed: int) -> int:
    """Return what a request with this seed writes: the same however often it is sent."""
    return (world * 31 + seed * 17) % WORLDS + 1
