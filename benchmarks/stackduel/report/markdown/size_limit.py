"""A Markdown report that fits into a comment on a pull request: what is left out where there is no room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# GitHub takes 65,536 characters; the rest is for text that a CI job puts around it.
LIMIT = 60_000
# A piece that is required may not take the room of the others.
MOST_OF_ONE = 6_000
# For the sentence on what did not fit.
_RESERVED = 1_000
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines that stand together, below an empty one.

    What is ``required`` is cut at whole lines where it is too long; another passage is whole or left out, and named by
    its ``title``.
    """

    title: str
    lines: tuple[str, ...]
    required: bool = True

    @property
    def size(self) -> int:
        """The number of characters, with the empty line before them."""
        return 1 + sum(len(line) + 1 for line in self.lines)


def fitted(passages: Iterable[Passage], limit: int = LIMIT) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines that fit into ``limit`` characters, in their order, and the titles of the passages left out.

    Optional passages are kept in order, as long as they fit. The required ones must have room in ``limit``,
    ``MOST_OF_ONE`` each.
    """
    all_of_them = [_cut(each) if each.required else each for each in passages if each.lines]
    room = limit - _RESERVED - sum(each.size for each in all_of_them if each.required)
    lines: list[str] = []
    left_out = []
    for each in all_of_them:
        if not each.required and each.size > room:
            left_out.append(each.title)
            continue
        room -= 0 if each.required else each.size
        lines += ["", *each.lines]
    return tuple(lines[1:]), tuple(left_out)


def left_out_text(titles: Sequence[str]) -> str:
    """Return the sentence on the passages that did not fit."""
    others = len(titles) - _NAMED
    named = "; ".join(titles[:_NAMED]) + (f"; and {others} more" if others > 0 else "")
    return f"Left out, to fit into {LIMIT:,} characters: {named}. All of it is in report.html and run.json beside this."


def _cut(passage: Passage) -> Passage:
    """Return the passage's first lines, as many as it may have, and how many others it had."""
    if passage.size <= MOST_OF_ONE:
        return passage
    room, kept = MOST_OF_ONE - 100, 0
    for line in passage.lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept += 1
    rest = len(passage.lines) - kept
    lines = (*passage.lines[:kept], "", f"({rest} more lines: see report.html and run.json beside this.)")
    return Passage(passage.title, lines)
