"""Reading a request's parameters from its raw query, so that every stack accepts and refuses the same.

Raw means the bytes between ``?`` and the end of the target. They are decoded as browsers encode them
(application/x-www-form-urlencoded): pairs split at ``&``, ``+`` is a space, ``%XX`` a byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from stackduel_servers.core.errors import bad_request

NUMBER = re.compile(rb"[0-9]{1,6}(\.[0-9]{1,9})?")
INTEGER = re.compile(rb"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a client may give: its name, its grammar, its bounds (inclusive) and its default."""

    name: bytes
    grammar: re.Pattern[bytes]
    low: float
    high: int
    default: int | bytes
    described: str


DELAY = Parameter(b"delay", NUMBER, 0, 10, 1, "a number from 0 to 10 with at most 9 decimals")
CONCURRENT = Parameter(b"concurrent", INTEGER, 1, 100, 1, "an integer from 1 to 100")
ITEMS = Parameter(b"items", INTEGER, 0, 10_000, 100, "an integer from 0 to 10000")


def delay_s(query: bytes) -> float:
    """Read ``delay``, the seconds to wait; raises HttpError 400."""
    return float(read(query, DELAY))


def concurrent(query: bytes) -> int:
    """Read ``concurrent``, the number of downstream calls; raises HttpError 400."""
    return int(read(query, CONCURRENT))


def items(query: bytes) -> int:
    """Read ``items``, the length of the list; raises HttpError 400."""
    return int(read(query, ITEMS))


def read(query: bytes, parameter: Parameter) -> bytes | int:
    """Read a parameter as it was written, or its default; raises HttpError 400."""
    value = single(query, parameter.name)
    if value is None:
        return parameter.default
    if not parameter.grammar.fullmatch(value) or not parameter.low <= float(value) <= parameter.high:
        raise bad_request(f"{parameter.name.decode()} must be {parameter.described}")
    return value


def single(query: bytes, name: bytes) -> bytes | None:
    """Return the decoded value of a parameter, None if it is not given; raises HttpError 400 if it is given twice."""
    given = []
    for pair in query.split(b"&"):
        key, _, value = pair.partition(b"=")
        if _decoded(key) == name:
            given.append(_decoded(value))
    if len(given) > 1:
        raise bad_request(f"{name.decode()} must be given at most once")
    return given[0] if given else None


def _decoded(text: bytes) -> bytes:
    if b"%" not in text and b"+" not in text:
        return text
    return unquote_to_bytes(text.replace(b"+", b" "))
