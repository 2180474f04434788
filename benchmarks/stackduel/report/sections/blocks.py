"""The blocks of a section, as values: every renderer knows these blocks and no others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

ChartKind = Literal["intervals", "bars", "strip", "lines", "tornado"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more; ``soft`` where few readers need it."""

    kind: ClassVar[str] = "paragraph"
    text: str
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences in a list; ``brief`` is what a short form shows in their place, where they are many."""

    kind: ClassVar[str] = "sentences"
    items: tuple[str, ...]
    brief: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failures:
    """The stacks that could not be measured, each with its reason in the words of the program that failed."""

    kind: ClassVar[str] = "failures"
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A command or a request, as it is typed."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Lines to be typed in a shell, with comments on them."""

    kind: ClassVar[str] = "shell"
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """Files beside the report, each with its title, behind a word on what they are."""

    kind: ClassVar[str] = "links"
    text: str
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts: its caption, headings and rows.

    ``words`` are the names of the text columns; all others are numbers. ``least_needed`` are the headings of the
    columns that a narrow form leaves out, the first one first; ``last_left_out`` those that it leaves out only where
    broken words do not make room. ``unit`` is the unit of all figures, where the headings
    do not say it. The first cell of a row links to its address in ``links``, if it has one.
    """

    kind: ClassVar[str] = "grid"
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[str] = frozenset({"stack", "tier", "scenario"})
    least_needed: tuple[str, ...] = ()
    last_left_out: tuple[str, ...] = ()
    unit: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    def without_empty_columns(self) -> Grid:
        """Return the table without the columns that hold nothing: dashes alone, or of figures zeros alone."""
        cells = dict(zip(self.headings, zip(*self.rows, strict=True), strict=True)) if self.rows else {}
        empty = [name for name in self.headings[1:] if name in cells and self._nothing(name).issuperset(cells[name])]
        return self.without(*empty)

    def without(self, *headings: str) -> Grid:
        """Return the table without the columns under these headings."""
        kept = [place for place, heading in enumerate(self.headings) if heading not in headings]
        return replace(
            self,
            headings=tuple(self.headings[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in self.rows),
        )

    def _nothing(self, heading: str) -> frozenset[str]:
        return frozenset({"-"} if heading in self.words else {"-", "0", "0 %"})

    def stack_of(self, row: tuple[str, ...]) -> str | None:
        """Return the stack that a row is about, if it is about one."""
        return row[self.headings.index("stack")] if "stack" in self.headings else None


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of the columns under some headings; ``names`` is how the legend calls them together."""

    names: str
    text: str
    headings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Legend:
    """The meaning of the columns of tables, once for all that have them; ``headings`` are those of the tables."""

    kind: ClassVar[str] = "legend"
    headings: tuple[str, ...]
    meanings: tuple[Meaning, ...]

    def text(self, shown: Collection[str] | None = None) -> str:
        """Return what the ``shown`` columns hold; by default all columns of the tables."""
        sentences = []
        for each in self.meanings:
            here = [name for name in self.headings if name in each.headings and (shown is None or name in shown)]
            if here:
                whole = each.headings.issubset(here)
                sentences.append(f"{each.names if whole else ', '.join(here)}: {each.text}.")
        return " ".join(sentences)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the table with the same figures.

    ``reading`` says in a sentence what it shows, and describes it to readers who cannot see it. ``data`` goes to the
    script that draws it (html/assets/charts.js says what each form takes).
    """

    kind: ClassVar[str] = "chart"
    form: ChartKind
    title: str
    reading: str
    data: Mapping[str, Any]
    grid: Grid


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that are hidden until the reader opens them, under a one-line ``summary``."""

    kind: ClassVar[str] = "folded"
    summary: str
    blocks: tuple[Block, ...]


Block = Heading | Paragraph | Sentences | Failures | Code | Shell | Links | Grid | Legend | Chart | Folded


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under its title; ``anchor`` is its address within the report.

    A ``prominent`` one belongs to the answer, and stands beside it in a form that has a first screen.
    """

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    prominent: bool = False
