"""Where the time of an answer went, read from its timing headers.

``Server-Timing`` is a list of names, each with parameters of which ``dur`` is in milliseconds (W3C, Server Timing).
``X-Process-Time``, the whole of it in milliseconds, is one more name.
"""

from __future__ import annotations

import re

TOTAL = "total"
# For an answer with a total: the part of its latency before the handler began and after it ended.
OUTSIDE = "outside"
# Longer headers are ignored, and no more names than these are kept: no server needs more.
MOST_BYTES = 4096
MOST_NAMES = 32

# No name can begin so: this is the X-Process-Time.
_PROCESS = b"="
_NUMBER = re.compile(rb"\s*([0-9]{1,9}(?:\.[0-9]{0,9})?)\s*")
_NAME = re.compile(rb"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})\s*")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')


def add_timing_header(timings: bytes, name: bytes, value: bytes) -> bytes:
    """Return the timing headers of an answer so far, with one more of them."""
    match name.lower():
        case b"server-timing":
            more = value
        case b"x-process-time" if b"," not in value:
            more = _PROCESS + value
        case _:
            return timings
    if len(timings) + len(more) > MOST_BYTES:
        return timings
    return b"%s,%s" % (timings, more) if timings else more


def spans_ns(timings: bytes) -> dict[str, int]:
    """Return nanoseconds by name; entries of the same name add up, malformed ones are left out."""
    spans: dict[str, int] = {}
    total_ns = None
    for entry in _unquoted(timings).split(b","):
        if entry.startswith(_PROCESS):
            total_ns = _ns(entry[1:])
            continue
        first, *parameters = entry.split(b";")
        span_ns = next((_ns(each[1]) for each in map(_halves, parameters) if each[0] == b"dur"), None)
        if span_ns is not None and (name := _NAME.fullmatch(first)):
            known = name[1].decode("ascii").lower()
            spans[known] = spans.get(known, 0) + span_ns
    return spans if total_ns is None else {**spans, TOTAL: total_ns}


def _unquoted(timings: bytes) -> bytes:
    """Return the headers without quotes: a quoted number stays, any other quoted text (it may hold commas) goes."""
    if b'"' not in timings:
        return timings
    return _QUOTED.sub(lambda text: text[1] if _NUMBER.fullmatch(text[1]) else b"", timings)


def _halves(parameter: bytes) -> tuple[bytes, bytes]:
    key, _, value = parameter.partition(b"=")
    return key.strip().lower(), value


def _ns(value: bytes) -> int | None:
    number = _NUMBER.fullmatch(value)
    return round(float(number[1]) * 1e6) if number else None
