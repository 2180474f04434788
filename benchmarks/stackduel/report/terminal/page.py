"""Headings, paragraphs and tables on a console, as wide as the console is."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.text import Text

from stackduel.report.terminal.columns import lay_out
from stackduel.report.terminal.prose import harmless, wrap

HEADING = "bold"
ASIDE = "dim"
BAD = "red"
DEFAULT_WIDTH = 80
ALL: tuple[int, int | None] = (0, None)


def standard_output() -> Console:
    """Return the console for results."""
    return _console(stderr=False)


def standard_error() -> Console:
    """Return the console for progress and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    """Return a console; under NO_COLOR it prints no escape sequence at all, not even bold."""
    console = Console(stderr=stderr, highlight=False, color_system=None if os.environ.get("NO_COLOR") else "auto")
    if console.width < 1:
        # A terminal that does not know its size: rich would print nothing.
        console.width = DEFAULT_WIDTH
    return console


def is_animated(console: Console) -> bool:
    """Return whether lines may be redrawn in place: on a capable terminal, unless its user wants it plain."""
    able = console.is_terminal and not console.is_dumb_terminal and console.encoding.startswith("utf")
    return able and not console.no_color


class Page:
    """Writes to a console, each line at most as wide as it; a single word that is wider stands in one piece."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.width = console.width

    def line(self, text: str = "", style: str = "", styled: tuple[int, int | None] = ALL) -> None:
        """Print a line as it is; the characters in the range ``styled`` have the style, by default all of them."""
        line = Text(harmless(text))
        line.stylize(style, *styled)
        # Anything else would let rich break it, or cut it short.
        self._console.print(line, soft_wrap=True)

    def heading(self, text: str) -> None:
        """Print a heading."""
        self.paragraph(text, style=HEADING, rest="  ")

    def paragraph(
        self,
        text: str,
        *,
        first: str = "",
        rest: str | None = None,
        style: str = "",
        styled: tuple[int, int | None] = ALL,
    ) -> None:
        """Print sentences, broken into lines: ``first`` begins the first of them, ``rest`` all others.

        Where ``styled`` is given, only these characters of the first line have the style.
        """
        for number, line in enumerate(wrap(text, self.width, first, rest)):
            self.line(line, style, styled if not number or styled == ALL else (0, 0))

    def item(self, text: str, style: str = "") -> None:
        """Print one of several sentences below a heading, indented."""
        self.paragraph(text, first="  ", rest="    ", style=style)

    def shell(self, text: str, style: str = "") -> None:
        """Print a line for a shell, so that it can be copied: broken lines end in a backslash, quoted ones stay whole.

        A comment needs no backslash, but begins each of its lines anew.
        """
        if text.startswith("#"):
            self.paragraph(text, first="  ", rest="  # ", style=style)
            return
        *broken, last = [f"  {text}"] if "'" in text else wrap(text, self.width - 2, "  ", "    ")
        for line in broken:
            self.line(f"{line} \\", style)
        self.line(last, style)

    def note(self, text: str) -> None:
        """Print a note."""
        self.paragraph(f"Note: {text}", rest="  ")

    def table(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        words: Collection[str] = (),
        least_needed: Sequence[str] = (),
        last_left_out: Sequence[str] = (),
        elsewhere: str = "see the report",
        styles: Sequence[str] = (),
    ) -> tuple[str, ...]:
        """Print a table without the columns that there is no room for, and a line that names them and where they are.

        Returns the headings that it shows.
        """
        laid = lay_out(headings, rows, self.width, words=words, least_needed=least_needed, last_left_out=last_left_out)
        self.line(laid.headings)
        self.line(self._rule * laid.width)
        for row, style in zip(laid.rows, styles or [""] * len(rows), strict=True):
            for line in row:
                self.line(line, style)
        if laid.left_out:
            self.paragraph(f"(too narrow for {', '.join(laid.left_out)}: {elsewhere})", rest=" ", style=ASIDE)
        return tuple(heading for heading in headings if heading not in laid.left_out)

    @property
    def _rule(self) -> str:
        return "─" if self._console.encoding.startswith("utf") else "-"


def message(console: Console, text: str) -> None:
    """Print a message, in lines as wide as a terminal; elsewhere on one line, so that a log can be searched."""
    page = Page(console)
    if console.is_terminal:
        page.paragraph(text, rest="  ")
    else:
        page.line(text)
