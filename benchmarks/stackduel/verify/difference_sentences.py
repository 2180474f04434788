"""Answers, and differences between two of them, in words: the first place, what stands there, the text around it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stackduel.load.content.content import kind_of
from stackduel.load.content.differences import Difference
from stackduel.model.expected_content import ContentKind, VaryingPlace
from stackduel.model.json_path import JsonPath, json_path_text, parse_json_path
from stackduel.model.secrecy import sounds_secret
from stackduel.storage.redaction import REDACTED, Redaction

AROUND = 40
LISTED = 4
SHOWN_CHARACTERS = 200
# Of bytes that are no text so many are shown, in hexadecimal.
SHOWN_BYTES = 8
# A text may hold a character that was cut, or a few that no terminal shows.
MOST_UNREADABLE = 0.1
# The names on the way to a place are a server's words, and may be as long as it likes.
LONGEST_PLACE = 160


def place_text(path: JsonPath, kind: ContentKind) -> str:
    """Return a place as a reader looks it up: a line of text, or a path in JSON."""
    if kind == "text":
        return f"line {path[0] + 1}" if path and isinstance(path[0], int) else "the text"
    return "the body" if kind == "binary" else json_path_text(path)


@dataclass(frozen=True, slots=True)
class Wording:
    """Says what answers hold; ``redaction`` hides the secrets in them before anything is cut."""

    redaction: Redaction

    @property
    def reach(self) -> int:
        """How many bytes around a place are looked at: what stands farther away makes no secret of what is shown."""
        return 4096 + 4 * self.redaction.longest

    def beginning(self, body: bytes) -> str:
        """Return the beginning of a body: quoted, or in hexadecimal if it is no text."""
        if not _is_text(body[:SHOWN_CHARACTERS]):
            return f"a body that is no text, {self._hex(body, 0)}"
        text = body[: 64 * SHOWN_CHARACTERS].decode(errors="replace")
        return repr(self.redaction.start(text, SHOWN_CHARACTERS))

    def place(self, path: JsonPath, kind: ContentKind) -> str:
        """Return a place, without secrets and not too long."""
        return self.redaction.start(place_text(path, kind), LONGEST_PLACE)

    def header(self, value: str) -> str:
        """Return what a header of an answer says, without secrets and not too long."""
        return self.redaction.start(value, SHOWN_CHARACTERS)

    def varying(self, places: Sequence[VaryingPlace], kind: ContentKind, what: str) -> str:
        """Return that ``what``, such as an answer that is not always the same, is compared by kind in these places."""
        names = [self.place(parse_json_path(place.path), kind) for place in places[:LISTED]]
        listed = ", ".join(names) + (f" and {len(places) - LISTED} more" if len(places) > LISTED else "")
        return f"{what}, so these are compared by kind alone: {listed}"

    def difference(self, found: Sequence[Difference], kind: ContentKind, other: str) -> str:
        """Return the first difference from the answer of ``other``, and where the next are."""
        rest = [self.place(each.path, kind) for each in found[1 : LISTED + 2]]
        listed = ", ".join(rest[:LISTED]) + (" ..." if len(rest) > LISTED else "")
        more = f"; they differ also at {listed}" if rest else ""
        return f"{self._first(found[0], self.place(found[0].path, kind), other)}{more}"

    def in_bytes(self, found: bytes, right: bytes, other: str) -> str:
        """Return the first byte in which two bodies differ, with its surroundings in both."""
        at, pair = _first_other(found, right), []
        if not all(_is_text(body[max(0, at - AROUND) : at + AROUND]) for body in (found, right)):
            return f"{self._hex(found, at)} from byte {at:,} on where {other} answered {self._hex(right, at)}"
        for body in (found, right):
            before = body[max(0, at - self.reach) : at].decode(errors="replace")
            pair.append(self._around(before + body[at : at + self.reach].decode(errors="replace"), len(before)))
        mine, theirs = pair
        return f"{mine} at byte {at:,} where {other} answered {theirs}"

    def _hex(self, body: bytes, at: int) -> str:
        """Return the bytes from a place on in hexadecimal; none where a secret may be among them."""
        near = body[max(0, at - self.reach) : at + self.reach].decode(errors="replace")
        if self.redaction.spans(near):
            return "bytes near a secret"
        return body[at : at + SHOWN_BYTES].hex(" ") + (" ..." if len(body) > at + SHOWN_BYTES else "") or "nothing"

    def _first(self, difference: Difference, place: str, other: str) -> str:
        mine, theirs = difference.found, difference.right
        if any(isinstance(step, str) and sounds_secret(step) for step in difference.path):
            return f"{place} = {REDACTED} where {other} answered something else"
        match difference.kind:
            case "missing":
                return f"without {place}, where {other} answered {self._value(theirs)}"
            case "unexpected":
                return f"{place} = {self._value(mine)}, which {other} did not answer"
            case "length":
                return self._in_lengths(mine, theirs, place, other)
            case "kind":
                found, right = (f"{self._value(each)} ({kind_of(each)})" for each in (mine, theirs))
                return f"{place} = {found} where {other} answered {right}"
            case _:
                return self._in_values(mine, theirs, place, other)

    def _in_lengths(self, mine: list[Any], theirs: list[Any], place: str, other: str) -> str:
        """Tell two lengths, and the first element that differs, unless one only ends sooner."""
        is_text, at = place == "the text", _first_other(mine, theirs)
        unit = "lines" if is_text else "elements"
        told = f"{len(mine):,} {unit} in {place} where {other} answered {len(theirs):,}"
        if at == min(len(mine), len(theirs)):
            return told
        first = f"line {at + 1}" if is_text else f"{place}[{at}]"
        return f"{told}: {first} = {self._value(mine[at])} where {other} answered {self._value(theirs[at])}"

    def _in_values(self, mine: Any, theirs: Any, place: str, other: str) -> str:
        if isinstance(mine, bytes):
            return self.in_bytes(mine, theirs, other)
        if isinstance(mine, str) and max(len(mine), len(theirs)) > 2 * AROUND:
            at = _first_other(mine, theirs)
            found, right = self._around(mine, at), self._around(theirs, at)
            return f"{place}, from character {at:,} on, {found} where {other} answered {right}"
        return f"{place} = {self._value(mine)} where {other} answered {self._value(theirs)}"

    def _value(self, value: Any) -> str:
        return self.redaction.start(repr(value) if isinstance(value, bytes) else _json(value), 2 * AROUND)

    def _around(self, text: str, at: int) -> str:
        """Return what stands around a place, quoted; a secret that begins or ends there is taken whole."""
        # What stands farther away cannot make a secret of what is shown, and looking at it would take time.
        reach = 4096 + self.redaction.longest
        skipped = max(0, at - reach)
        near = text[skipped : at + reach]
        low, high = max(0, at - skipped - AROUND), min(len(near), at - skipped + AROUND)
        for start, end in self.redaction.spans(near):
            low, high = (min(low, start), max(high, end)) if start < high and end > low else (low, high)
        before, after = "... " if skipped + low else "", " ..." if skipped + high < len(text) else ""
        return f"{before}{self._hidden(near, low, high)}{after}"

    def _hidden(self, text: str, low: int, high: int) -> str:
        """Return a part of a text, quoted, without the secrets that the whole text shows in it."""
        made, behind = [], low
        for start, end in self.redaction.spans(text):
            if end > behind and start < high:
                made += [text[behind:start], REDACTED] if start >= behind else []
                behind = end
        return repr("".join([*made, text[behind:high]]))


def _json(value: Any) -> str:
    try:
        # Half of a character, which JSON can hold and no terminal can show, is escaped.
        return json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace").decode()
    except RecursionError:
        return "a deeply nested value"


def _is_text(part: bytes) -> bool:
    """Return whether nearly all of the bytes are characters that a reader can read."""
    text = part.decode(errors="replace")
    unreadable = sum(each == "\ufffd" or not (each.isprintable() or each.isspace()) for each in text)
    return unreadable <= max(2, MOST_UNREADABLE * len(text))


def _first_other(mine: Sequence[object], theirs: Sequence[object]) -> int:
    """Return the first index at which two sequences differ, by halves: bodies are long."""
    low, high = 0, min(len(mine), len(theirs))
    while low < high:
        middle = (low + high + 1) // 2
        if mine[low:middle] == theirs[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
