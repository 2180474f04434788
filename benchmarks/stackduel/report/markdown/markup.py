"""Markdown's elements; text from outside is shown as it is, and never read as markup.

Only what could be markup where it stands is escaped, so that the text can be read as it is, too: a ``_`` within a word,
or a ``<`` before a space or a ``=``, opens nothing (CommonMark 0.31, 6.2 and 6.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from stackduel.model.visible_text import visible
from stackduel.report.sections.blocks import Grid

# A sentence or a cell that is longer than this holds somebody's log.
LONGEST = 600
_MARKUP = re.compile(r"[\\`*~$\[\]|]|_(?![^\W_])|(?<![^\W_])_|<(?![\s\d=])|&(?=#?\w+;)")
# What would begin a heading, a list, a quotation or a rule, were it the first thing of a line.
_AT_START = re.compile(r"^(?:[-+>#=]|\d+(?=[.)](?:\s|$)))")
# Names of people, and numbers of issues, which GitHub would notify or link.
_MENTION = re.compile(r"(?<!\w)(@(?=\w)|#(?=\d))")
_AT_MOST, _AT_LEAST = re.compile(r"(?<!\S)<=(?!\S)"), re.compile(r"(?<!\S)>=(?!\S)")
_ZERO_WIDTH = "\u200b"


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, within a line."""
    pretty = _AT_MOST.sub("≤", _AT_LEAST.sub("≥", _plain(text)))
    return _unmentioned(_MARKUP.sub(_escaped, pretty))


def item(text: str) -> str:
    """Return text that Markdown shows as it is, as a line of a list."""
    return f"- {paragraph(text)}"


def paragraph(text: str) -> str:
    """Return text that Markdown shows as it is, as a line of its own."""
    shown = escape(text)
    if not (hit := _AT_START.match(shown)):
        return shown
    # Of a number it is the dot behind it that makes a list.
    place = hit.end() if hit[0].isdigit() else 0
    return f"{shown[:place]}\\{shown[place:]}"


def code(text: str) -> str:
    """Return text between as many backticks as it needs."""
    plain = _plain(text)
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    gap = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{ticks}{gap}{plain}{gap}{ticks}" if plain else ""


def fenced(lines: Sequence[str], language: str) -> Iterator[str]:
    """Yield lines in a block of code, behind as many backticks as it needs."""
    plain = [" ".join(visible(line).split()) for line in lines]
    ticks = "`" * max(3, 1 + max((len(run) for line in plain for run in re.findall("`+", line)), default=0))
    yield f"{ticks}{language}"
    yield from plain
    yield ticks


def link(text: str, address: str) -> str:
    """Return a link to a file beside the report."""
    return f"[{escape(text)}]({quote(address)})"


def table(grid: Grid) -> Iterator[str]:
    """Yield a table: columns of words to the left, of figures to the right."""
    yield _row(grid.headings)
    yield "|" + "".join("---|" if heading in grid.words else "---:|" for heading in grid.headings)
    yield from map(_row, grid.rows)


def folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines that are folded away below their summary."""
    # Entities, because what stands within tags of HTML is no Markdown for some, and for others it is.
    shown = _MARKUP.sub(lambda hit: f"&#{ord(hit[0])};", _unmentioned(_plain(summary)))
    yield f"<details><summary>{shown}</summary>"
    yield ""
    shown_lines = list(lines)
    yield from shown_lines
    if shown_lines and shown_lines[-1]:
        yield ""
    yield "</details>"


def _row(texts: Iterable[str]) -> str:
    return "| " + " | ".join(map(escape, texts)) + " |"


def _unmentioned(text: str) -> str:
    return _MENTION.sub(rf"\1{_ZERO_WIDTH}", text)


def _escaped(hit: re.Match[str]) -> str:
    match hit[0]:
        case "<":
            return "&lt;"
        case "&":
            return "&amp;"
        case character:
            return f"\\{character}"


def _plain(text: str) -> str:
    """Return the text on one line, without invisible characters, and not too long."""
    line = " ".join(visible(text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
