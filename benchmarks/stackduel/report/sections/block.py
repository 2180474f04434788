"""A table with a title and sentences below it, as every renderer can show it (pure)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """Texts only: headings, rows of as many cells, and sentences; ``words`` are headings of what is no figure.

    ``brief`` is what a terminal shows in the place of ``lines``, where these are many; ``unit`` is what it says of the
    figures beside the title, and ``least_needed`` are the headings that go first where it is too narrow for all.
    """

    title: str
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    brief: tuple[str, ...] | None = None
    words: frozenset[str] = frozenset({"stack"})
    least_needed: tuple[str, ...] = ()
    unit: str = ""
