"""The parameters of the endpoints that need a database, with their bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackduel_servers.core.database.orders import Order
from stackduel_servers.core.database.statements import ACCOUNTS, PAGES, PRODUCTS, WORLDS
from stackduel_servers.core.errors import bad_request
from stackduel_servers.core.query import INTEGER, NUMBER, Parameter, read, single

MOST_QUERIES, MOST_SEED, MOST_QUANTITY = 500, 999_999, 10


@dataclass(frozen=True, slots=True)
class TextParameter:
    """A text that a client may give: its name, and its grammar, which knows no sign of SQL's or of a pattern's."""

    name: bytes
    grammar: re.Pattern[bytes]
    described: str


ID = Parameter(b"id", INTEGER, 1, WORLDS, 1, f"an integer from 1 to {WORLDS}")
COUNT = Parameter(b"n", INTEGER, 1, MOST_QUERIES, 1, f"an integer from 1 to {MOST_QUERIES}")
SEED = Parameter(b"seed", INTEGER, 0, MOST_SEED, 0, f"an integer from 0 to {MOST_SEED}")
PAGE = Parameter(b"page", INTEGER, 1, PAGES, 1, f"an integer from 1 to {PAGES}")
ACCOUNT = Parameter(b"account", INTEGER, 1, ACCOUNTS, 1, f"an integer from 1 to {ACCOUNTS}")
PRODUCT = Parameter(b"product", INTEGER, 1, PRODUCTS, 1, f"an integer from 1 to {PRODUCTS}")
QUANTITY = Parameter(b"quantity", INTEGER, 1, MOST_QUANTITY, 1, f"an integer from 1 to {MOST_QUANTITY}")
KEY = TextParameter(b"key", re.compile(rb"[A-Za-z0-9_-]{1,64}"), "1 to 64 letters, digits, '-' and '_'")
TEXT = TextParameter(b"q", re.compile(rb"[A-Za-z0-9 ]{1,32}"), "1 to 32 letters, digits and spaces")
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


def text(query: bytes) -> str:
    """Read ``q``, the text to look for, which must be given; raises HttpError 400."""
    found = _text(query, TEXT)
    if found is None:
        raise bad_request(f"q must be {TEXT.described}")
    return found


def order(query: bytes) -> Order:
    """Read an order, whose key may be left out; raises HttpError 400."""
    account, product, quantity = (int(read(query, each)) for each in (ACCOUNT, PRODUCT, QUANTITY))
    return Order(_text(query, KEY), account, product, quantity)


def _text(query: bytes, parameter: TextParameter) -> str | None:
    value = single(query, parameter.name)
    if value is None:
        return None
    if not parameter.grammar.fullmatch(value):
        raise bad_request(f"{parameter.name.decode()} must be {parameter.described}")
    return value.decode()
