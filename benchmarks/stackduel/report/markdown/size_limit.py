"""A report that fits into a comment of a pull request: what must stand, and what stands while there is room (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# GitHub takes 65,536 characters; the rest is for whoever puts something around it.
LIMIT = 60_000
# No section that must stand may take the room of the others.
MOST_OF_ONE = 6_000
# What is said of that which did not fit.
_RESERVED = 1_000
_NAMED = 8


@dataclass(frozen=True, slots=True)
class MarkdownSection:
    """Lines that stand together, below an empty one.

    What is ``spare`` may be left out, the highest first; 0 has to stand, and is cut at whole lines where it is too
    long. ``title`` is how a reader is told of what was left out.
    """

    title: str
    lines: tuple[str, ...]
    spare: int = 0

    @property
    def size(self) -> int:
        """Its characters, with the empty line before it."""
        return 1 + sum(len(line) + 1 for line in self.lines)


def headed(title: str, lines: Iterable[str]) -> MarkdownSection:
    """A section that has to stand, below its heading; without any lines none of it does."""
    told = list(lines)
    while told and not told[-1]:
        told.pop()
    return MarkdownSection(title, (f"## {title}", "", *told) if told else ())


def fitted(sections: Iterable[MarkdownSection], limit: int = LIMIT) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines that fit into ``limit`` characters, in the order of the sections; and the titles of what did not.

    Of the spare ones, those stand that fit one after another, the least spare first. There have to be fewer of those
    that must stand than ``limit`` has room for, ``MOST_OF_ONE`` each.
    """
    told = [each if each.spare else _cut(each) for each in sections if each.lines]
    room = limit - _RESERVED - sum(each.size for each in told if not each.spare)
    kept = {place for place, each in enumerate(told) if not each.spare}
    for place in sorted(set(range(len(told))) - kept, key=lambda place: (told[place].spare, place)):
        if told[place].size <= room:
            room -= told[place].size
            kept.add(place)
    lines = [line for place, each in enumerate(told) if place in kept for line in ("", *each.lines)]
    return tuple(lines[1:]), tuple(each.title for place, each in enumerate(told) if place not in kept)


def left_out_text(titles: Sequence[str]) -> str:
    """What a reader is told of the sections that did not fit."""
    others = len(titles) - _NAMED
    named = "; ".join(titles[:_NAMED]) + (f"; and {others} more" if others > 0 else "")
    return f"Left out, to fit into {LIMIT:,} characters: {named}. All of it is in report.html and run.json beside this."


def _cut(section: MarkdownSection) -> MarkdownSection:
    """The section's first lines, as many as it may have, and how many others it had."""
    if section.size <= MOST_OF_ONE:
        return section
    room, kept = MOST_OF_ONE - 100, 0
    for line in section.lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept += 1
    rest = len(section.lines) - kept
    lines = (*section.lines[:kept], "", f"({rest} more lines: see report.html and run.json beside this.)")
    return MarkdownSection(section.title, lines)
