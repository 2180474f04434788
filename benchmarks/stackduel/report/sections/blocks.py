"""What a page is made of: sections of paragraphs, lists, tables and charts, as values (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

ChartKind = Literal["intervals", "bars", "strip", "lines"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more; ``soft`` where few need it."""

    kind: ClassVar[str] = "paragraph"
    text: str
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences in a list."""

    kind: ClassVar[str] = "lines"
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """What is to be typed, or was."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that can be sorted: its caption, headings and rows of texts.

    ``words`` are the headings of columns of words, the others hold figures. A row whose heading ``stack`` names one is
    hidden with that stack, and so is a column whose heading is one of ``column_stacks``. The first cell of a
    row leads to its address in ``links``, where there is one.
    """

    kind: ClassVar[str] = "grid"
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[str] = frozenset({"stack", "tier", "scenario"})
    column_stacks: AbstractSet[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)

    def stack_of(self, row: tuple[str, ...]) -> str | None:
        """The stack that a row is about, if it is about one."""
        return row[self.headings.index("stack")] if "stack" in self.headings else None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the table with the same figures.

    ``reading`` says in a sentence what it shows, and describes it to who cannot see it. ``data`` goes to the script
    that draws it (see assets/charts.js for what each kind takes).
    """

    kind: ClassVar[str] = "chart"
    form: ChartKind
    title: str
    reading: str
    data: Mapping[str, Any]
    grid: Grid


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that are folded away below a line, as few readers need them."""

    kind: ClassVar[str] = "more"
    summary: str
    blocks: tuple[Shown, ...]


Shown = Paragraph | Sentences | Code | Grid | Chart | Folded


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under a heading; ``anchor`` is its address within the page."""

    anchor: str
    title: str
    blocks: tuple[Shown, ...]
    parts: tuple[Section, ...] = field(default=())
