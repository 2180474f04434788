"""``stackduel trend``: a suite's results over time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import click
from rich.console import Console

from stackduel.analysis.history.run_summary import RunSummary
from stackduel.analysis.history.trend import Trend, trend
from stackduel.cli import options
from stackduel.model.counted import counted
from stackduel.model.errors import FieldError
from stackduel.report.files import HTML_FILE
from stackduel.report.html import trend_page
from stackduel.report.markdown.trend import render
from stackduel.report.terminal.history import show_trend
from stackduel.report.terminal.page import Page, standard_output
from stackduel.storage.index import History, history


@click.command("trend")
@options.suite
@options.stacks
@options.limit
@options.out
@options.form_json
@options.form_markdown
@click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a page with charts."
)
def trend_command(
    suite: str | None, stacks: tuple[str, ...] | None, limit: int, out: Path, form: str | None, page: Path | None
) -> int:
    """Show a suite's results over time, by default those of the newest run's suite."""
    form = form or ("table" if page is None else "path")
    return show_over_time(out, suite, stacks, limit, standard_output(), form=form, page=page)


def show_over_time(
    results: Path,
    suite: str | None,
    stacks: Sequence[str] | None,
    limit: int,
    out: Console,
    *,
    form: str,
    page: Path | None = None,
) -> int:
    """Print the trend of a suite as ``table``, ``json`` or ``markdown``; return the exit status.

    With ``page`` the trend is drawn into that file, too; the form ``path`` prints where it is. Raises FieldError if
    there is no trend, or the file cannot be written.
    """
    shown = trend_of(history(results), suite, stacks, limit)
    if page is not None:
        _draw(shown, results, page)
    if form == "path":
        Page(out).paragraph(f"Trend: {page}", rest="  ")
    elif form == "json":
        out.file.write(json.dumps(asdict(shown), indent=1, allow_nan=False) + "\n")
    elif form == "markdown":
        out.file.write(render(shown))
    else:
        show_trend(shown, out)
    return 0


def _draw(shown: Trend, results: Path, page: Path) -> None:
    links = {moment.run_id: link for moment in shown.moments if (link := _link(results / moment.folder, page))}
    try:
        page.write_text(trend_page.render(shown, links), encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise FieldError(f"--html: {page} cannot be written: {error.strerror}") from error


def _link(folder: Path, page: Path) -> str | None:
    """Return the relative address of a run's report, if it lies below the page's folder: both can move together."""
    report, beside = (folder / HTML_FILE).resolve(), page.resolve().parent
    if not (report.is_file() and report.is_relative_to(beside)):
        return None
    return "/".join(quote(part, safe="") for part in (".", *report.relative_to(beside).parts))


def trend_of(stored: History, suite: str | None, stacks: Sequence[str] | None, limit: int) -> Trend:
    """Return the trend of a suite's newest runs, by default of the newest run's suite; raises FieldError for none."""
    comparing = [each for each in stored.entries if each.points]
    name = suite or (comparing[0].suite if comparing else "")
    chosen: list[RunSummary] = [each for each in comparing if each.suite == name][:limit]
    if not chosen:
        known = ", ".join(dict.fromkeys(each.suite for each in comparing)) or "none"
        which = f" of suite {name}" if name else ""
        lost = len(stored.unreadable)
        unread = (
            f"; {counted(lost, 'run')} cannot be read, stackduel runs names {'it' if lost == 1 else 'them'}"
            if lost
            else ""
        )
        raise FieldError(f"trend: no comparison run{which}; suites found: {known}{unread}")
    made = trend(chosen, stacks)
    if not made.lines:
        raise FieldError(f"trend: none of {', '.join(stacks or ())} was measured by suite {name}")
    return made
