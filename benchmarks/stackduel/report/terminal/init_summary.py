"""The end of ``stackduel init`` on a console: what each route answered, what the file holds, what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from stackduel.report.terminal.page import ASIDE, BAD, Page

MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route as a reader sees it: what it answered, and what becomes of it in the file."""

    label: str
    answer: str
    fate: str
    is_measured: bool
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class InitSummary:
    """Which file was written, its routes, sentences on them, and lines for a shell with what each is for."""

    file: str
    rows: Sequence[RouteRow]
    sentences: Sequence[str]
    commands: Sequence[tuple[str, str]]


def show_init(summary: InitSummary, console: Console) -> None:
    """Print a summary."""
    page = Page(console)
    shown = [row for row in summary.rows if row.answer][:MOST_ROWS]
    if shown:
        page.table(
            ("route", "answer", f"in {summary.file}"),
            [(row.label, row.answer, row.fate) for row in shown],
            words={"route", "answer", f"in {summary.file}"},
            styles=["" if row.is_measured else BAD if row.is_wrong else ASIDE for row in shown],
        )
        page.line()
    for sentence in summary.sentences:
        page.paragraph(sentence, rest="  ")
    for about, line in summary.commands:
        page.line()
        page.paragraph(f"{about}:", rest="  ")
        page.shell(line)
