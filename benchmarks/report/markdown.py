"""The report as Markdown, for a pull request or a wiki."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from benchmarks.record import Run
from benchmarks.report.table import LEGEND, NAMES, Table, grid, tables
from benchmarks.report.words import headline, matrix_lines, matrix_note, notes


def render(run: Run) -> str:
    """The whole report as Markdown text; everything that came from outside is escaped."""
    return "\n".join(_lines(run)) + "\n"


def _lines(run: Run) -> Iterator[str]:
    yield f"# stackduel: {escape(headline(run))}"
    yield ""
    yield f"Started {run.started} by `{_code(shlex.join(run.command))}`. {escape(run.suite.summary)}"
    for table in tables(run):
        yield ""
        yield from _scenario(table, run.baseline)
    yield ""
    yield LEGEND
    matrix = matrix_lines(run)
    if matrix:
        yield from ("", "## Migration matrix", "", *(f"- {escape(line)}" for line in matrix), "", matrix_note(run))
    found = notes(run)
    if found:
        yield from ("", "## Notes", "", *(f"- {escape(note)}" for note in found))
    yield from ("", "## Environment", "", *_environment(run))


def _scenario(table: Table, baseline: str) -> Iterator[str]:
    yield f"## {escape(table.scenario.name)}"
    yield ""
    yield f"`{_code(table.scenario.label)}` {escape(table.scenario.summary)}"
    if table.rows:
        headings, rows = grid(table, baseline)
        yield ""
        yield _row(headings)
        yield "|---|---|" + "---:|" * (len(headings) - len(NAMES))
        yield from (_row(map(escape, row)) for row in rows)
    if table.failures:
        yield ""
        yield from (f"- {escape(stack)}: not measured: {escape(reason)}" for stack, reason in table.failures)


def _environment(run: Run) -> Iterator[str]:
    for name, value in run.environment.items():
        if isinstance(value, dict):
            shown = ", ".join(f"{key} {each}" for key, each in value.items())
        elif isinstance(value, list | tuple):
            shown = ", ".join(map(str, value))
        else:
            shown = str(value)
        if not shown:
            continue
        yield f"- {escape(name)}: {escape(shown)}"


def _row(texts: Iterable[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}" if character != "<" else "&lt;")
    return " ".join(text.split())


def _code(text: str) -> str:
    return text.replace("`", "'").replace("|", "\\|").replace("\n", " ")
