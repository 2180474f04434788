"""One request of an access log."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackduel.traffic.request_target import visible_ascii
from stackduel.traffic.unread import NoRequestError

_METHOD = re.compile(r"[A-Z]{1,20}(?:-[A-Z]{1,20})?")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A request as a log has it; ``moment_s`` (since 1970) is None where the line has no time."""

    method: str
    target: str
    status: int
    moment_s: int | None


def parse_request_line(text: str) -> tuple[str, str]:
    """Return the method and the target of ``GET /path HTTP/1.1``; raises NoRequestError."""
    method, _, rest = text.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not version.startswith("HTTP/"):
        target = rest
    return checked_method(method), checked_target(target)


def checked_method(text: str) -> str:
    """Return a method; raises NoRequestError for what clients send that speak no HTTP."""
    if not _METHOD.fullmatch(text):
        raise NoRequestError("no request in it")
    return text


def checked_target(text: str) -> str:
    """Return the path and query of a target, in visible ASCII; raises NoRequestError where it has none."""
    target = _ABSOLUTE.sub("", text, count=1) if text[:4].lower() == "http" else text
    if not target.startswith("/"):
        raise NoRequestError("no path in it")
    return visible_ascii(target)


def checked_status(value: object) -> int:
    """Return a status; raises NoRequestError for anything but a whole number from 100 to 599."""
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) == 3 and "100" <= text <= "599"):
        raise NoRequestError("no status")
    return int(text)
