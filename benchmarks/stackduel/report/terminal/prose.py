"""Sentences broken into lines, never within a word, nor between a number and its unit or interval."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackduel.model.visible_text import visible

# Longer lines are hard to read, however wide the terminal is.
WIDEST = 100
INDENT = "  "
UNITS = frozenset({"ms", "s", "min", "h", "%", "KB", "MB", "KiB", "MiB", "GiB", "req/s", "kHz", "W"})
PERCENTILES = frozenset({"p50", "p90", "p95", "p99", "p99.9"})
_NUMBER = re.compile(r"[(<>=~]*[+-]?\d[\d,.]*x?")
_INTERVAL = re.compile(r"\(\S+(-\S+)?\)[.,;:]?")


def wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Return the lines of a text: ``first`` begins the first of them, ``rest`` (by default as much space) all others.

    A line is wider than ``width`` only where a single word is.
    """
    rest = " " * len(first) if rest is None else rest
    lines: list[str] = []
    for paragraph in harmless(text).split("\n"):
        lines += _lines(paragraph, min(width, WIDEST), rest if lines else first, rest)
    return lines


def harmless(text: str) -> str:
    """Return the text as a terminal can show it: visible, with line breaks alone; tabs become spaces."""
    return visible(text.replace("\t", "    ")).replace("\r", "")


def _lines(text: str, width: int, first: str, rest: str) -> Iterator[str]:
    line, empty = first, True
    for word in _words(text):
        longer = line + word if empty else f"{line} {word}"
        if len(longer) > width and line.strip():
            yield line.rstrip()
            # What has no room anywhere (a path) begins as far on the left as it may.
            longer = (rest if len(rest + word) <= width else rest[: len(INDENT)]) + word
        line, empty = longer, False
    yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    """Yield the words, a number together with its unit; a second space between two of them is an empty word."""
    held: list[str] = []
    for word in text.rstrip().split(" "):
        if held and not _belongs(held[-1], word):
            yield " ".join(held)
            held = []
        held.append(word)
    yield " ".join(held)


def _belongs(word: str, following: str) -> bool:
    """Return whether a word must stay beside the one after it."""
    if word in PERCENTILES:
        return True
    number = _NUMBER.fullmatch(word) is not None
    unit = following.strip(").,;:") in UNITS
    return number and (unit or (word.endswith("x") and _INTERVAL.fullmatch(following) is not None))
