"""The path and query of a recorded request: without what must go, and with the pattern that it is one of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus

from stackduel.model.secrecy import sounds_secret
from stackduel.traffic.privacy import EMAIL, IP, TOKEN, Keep, is_secret, must_go

# Longer targets stand in no suite.
MOST_CHARACTERS = 8192
MOST_SEGMENTS = 40
SLUG = "{slug}"
# What a request cannot be sent without, and the file is not to hold: by the place in the path that it stands at.
WITHHELD = {
    "{token}": ("secrets", "its path holds a token"),
    "{email}": ("personal", "its path holds an e-mail address"),
    "{ip}": ("personal", "its path holds an address of the internet"),
}

_INTEGER = re.compile(r"-?[0-9]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:[T_][0-9:.]{2,15}Z?)?)?")
_HEX = re.compile(r"(?=[a-fA-F]*[0-9])(?=[0-9]*[a-fA-F])[0-9a-fA-F]{7,32}")
_WORDS = re.compile(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*")
_FOLDED = (
    (_INTEGER, "{int}"),
    (_UUID, "{uuid}"),
    (_DATE, "{date}"),
    (_HEX, "{hex}"),
    (EMAIL, "{email}"),
    (IP, "{ip}"),
)


@dataclass(frozen=True, slots=True)
class FoldedTarget:
    """A target without what was ``dropped``: the segments of its pattern, and the names of its parameters."""

    target: str
    segments: tuple[str, ...]
    parameters: tuple[str, ...]
    dropped: tuple[str, ...]


def visible_ascii(target: str) -> str:
    """Return a target in which all but visible ASCII is percent-encoded; each of its characters stands for one byte."""
    if target.isascii() and target.isprintable() and " " not in target:
        return target
    return "".join(char if 32 < ord(char) <= 126 else f"%{ord(char):02X}" for char in target)


def one_a_byte(text: str) -> str:
    """Return a text with one character for each byte that it has in UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def fold_target(target: str, keep: Keep) -> FoldedTarget:
    """Return a target as it may be kept, and its pattern; raises ValueError if it is none that a suite can hold."""
    path, _, query = target.partition("#")[0].partition("?")
    if not path.startswith("/"):
        raise ValueError("no path")
    if len(target) > MOST_CHARACTERS or path.count("/") > MOST_SEGMENTS:
        raise ValueError("path too long")
    dropped: list[str] = []
    segments = _without_secret_parameters(path, keep, dropped).split("/")[1:]
    kept = _kept_parameters(query, keep, dropped)
    return FoldedTarget(
        target="/" + "/".join(segments) + ("?" + "&".join(kept) if kept else ""),
        segments=tuple(_kind(segment, before) for segment, before in zip(segments, ["", *segments], strict=False)),
        parameters=tuple(sorted({parameter.partition("=")[0] for parameter in kept})),
        dropped=tuple(dropped),
    )


def _without_secret_parameters(path: str, keep: Keep, dropped: list[str]) -> str:
    """Return a path without parameters such as ``;jsessionid=...`` (RFC 3986, section 3.3)."""
    if ";" not in path:
        return path
    parts = path.split(";")
    kept = [parts[0]]
    for part in parts[1:]:
        name, _, value = part.partition("=")
        value, slash, rest = value.partition("/")
        if must_go(name, unquote_plus(value), keep):
            dropped.append(name)
            kept[-1] += slash + rest
        else:
            kept.append(part)
    return ";".join(kept)


def _kept_parameters(query: str, keep: Keep, dropped: list[str]) -> list[str]:
    kept = []
    for parameter in query.split("&") if query else ():
        name, _, value = parameter.partition("=")
        plain = unquote_plus(name)
        # What stands before the = may be a value itself: ?8f3c...
        if must_go("", plain, keep):
            dropped.append("a parameter without a name")
        elif must_go(plain, unquote_plus(value), keep):
            dropped.append(plain)
        else:
            kept.append(parameter)
    return kept


@lru_cache(maxsize=4096)
def _kind(segment: str, before: str) -> str:
    """Return a segment of a path as its pattern has it: itself, or the kind of what stands there."""
    for form, kind in _FOLDED:
        if form.fullmatch(segment):
            return kind
    plain = unquote_plus(segment)
    if EMAIL.search(plain):
        return "{email}"
    if TOKEN.search(plain) or is_secret(plain):
        return "{token}"
    # /reset-password/x7Gh2 is a secret, /password/reset is none.
    if before and segment and sounds_secret(unquote_plus(before)) and not _WORDS.fullmatch(segment):
        return "{token}"
    return segment
