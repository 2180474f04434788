"""What the headers of an answer say of where its time went (pure).

``Server-Timing`` is a list of names, each with parameters of which ``dur`` is in milliseconds (W3C, Server Timing).
``X-Process-Time``, the whole of it in milliseconds, is told as one name more.
"""

from __future__ import annotations

import re

TOTAL = "total"
# Of an answer that told its total: what of its latency lay outside, before the handler began and after it ended.
OUTSIDE = "outside"
# No server needs to say so much: nothing is read of longer headers, and no more names than these are kept.
MOST_BYTES = 4096
MOST_NAMES = 32

# No name can begin so: this is the X-Process-Time.
_PROCESS = b"="
_NUMBER = re.compile(rb"\s*([0-9]{1,9}(?:\.[0-9]{0,9})?)\s*")
_NAME = re.compile(rb"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})\s*")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')


def add_told(told: bytes, name: bytes, value: bytes) -> bytes:
    """What an answer's headers have told so far, with one more of them."""
    match name.lower():
        case b"server-timing":
            more = value
        case b"x-process-time" if b"," not in value:
            more = _PROCESS + value
        case _:
            return told
    if len(told) + len(more) > MOST_BYTES:
        return told
    return b"%s,%s" % (told, more) if told else more


def spans_ns(told: bytes) -> dict[str, int]:
    """Nanoseconds by name; entries of the same name add up, and whatever is malformed is left out."""
    found: dict[str, int] = {}
    total_ns = None
    for entry in _unquoted(told).split(b","):
        if entry.startswith(_PROCESS):
            total_ns = _ns(entry[1:])
            continue
        first, *parameters = entry.split(b";")
        span_ns = next((_ns(each[1]) for each in map(_halves, parameters) if each[0] == b"dur"), None)
        if span_ns is not None and (name := _NAME.fullmatch(first)):
            known = name[1].decode("ascii").lower()
            found[known] = found.get(known, 0) + span_ns
    return found if total_ns is None else {**found, TOTAL: total_ns}


def _unquoted(told: bytes) -> bytes:
    """Quoted texts may hold commas and semicolons: of those that are no numbers nothing is left."""
    if b'"' not in told:
        return told
    return _QUOTED.sub(lambda text: text[1] if _NUMBER.fullmatch(text[1]) else b"", told)


def _halves(parameter: bytes) -> tuple[bytes, bytes]:
    key, _, value = parameter.partition(b"=")
    return key.strip().lower(), value


def _ns(value: bytes) -> int | None:
    number = _NUMBER.fullmatch(value)
    return round(float(number[1]) * 1e6) if number else None
