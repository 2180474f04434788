"""``stackduel runs`` and ``stackduel trend``: the stored runs of a folder, and how their figures went."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from rich.console import Console

from stackduel.analysis.history.run_summary import RunSummary, entry_to_dict
from stackduel.analysis.history.trend import Trend, trend
from stackduel.model.errors import FieldError
from stackduel.report.files import HTML_FILE
from stackduel.report.html import trend_page as drawn
from stackduel.report.markdown.trend import render
from stackduel.report.terminal.history import show_runs, show_trend
from stackduel.report.terminal.page import Page
from stackduel.storage.index import History, history


def show(results: Path, suite: str | None, limit: int, out: Console, *, as_json: bool) -> int:
    """Print the newest runs, of one suite or of all; returns the exit status."""
    found = history(results)
    entries = [each for each in found.entries if suite is None or each.suite == suite]
    if as_json:
        content = {
            "runs": [entry_to_dict(each) for each in entries[:limit]],
            "unreadable": [asdict(each) for each in found.unreadable],
        }
        out.file.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
    else:
        show_runs(entries[:limit], max(0, len(entries) - limit), found.unreadable, out)
    return 0


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
    """Print the trend of a suite as ``table``, ``json`` or ``markdown``; returns the exit status.

    With ``page`` it is drawn into that file, too, whose ``path`` is one more form. Raises FieldError where there is no
    trend, or the file cannot be written.
    """
    found = trend_of(history(results), suite, stacks, limit)
    if page is not None:
        _draw(found, results, page)
    if form == "path":
        Page(out).paragraph(f"Trend: {page}", rest="  ")
    elif form == "json":
        out.file.write(json.dumps(asdict(found), indent=1, allow_nan=False) + "\n")
    elif form == "markdown":
        out.file.write(render(found))
    else:
        show_trend(found, out)
    return 0


def _draw(found: Trend, results: Path, page: Path) -> None:
    links = {moment.run_id: link for moment in found.moments if (link := _link(results / moment.folder, page))}
    try:
        page.write_text(drawn.render(found, links), encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise FieldError(f"--html: {page} cannot be written: {error.strerror}") from error


def _link(folder: Path, page: Path) -> str | None:
    """The address of a run's report as seen from a page, if it lies below the page's folder: both may move together."""
    report, beside = (folder / HTML_FILE).resolve(), page.resolve().parent
    if not (report.is_file() and report.is_relative_to(beside)):
        return None
    return "/".join(quote(part, safe="") for part in (".", *report.relative_to(beside).parts))


def trend_of(found: History, suite: str | None, stacks: Sequence[str] | None, limit: int) -> Trend:
    """The trend through the newest runs of a suite, by default that of the newest run; raises FieldError for none."""
    comparing = [each for each in found.entries if each.points]
    name = suite or (comparing[0].suite if comparing else "")
    chosen: list[RunSummary] = [each for each in comparing if each.suite == name][:limit]
    if not chosen:
        known = ", ".join(dict.fromkeys(each.suite for each in comparing)) or "none at all"
        raise FieldError(f"trend: no run that compares stacks of suite {name or 'any'} is here: there is {known}")
    made = trend(chosen, stacks)
    if not made.lines:
        raise FieldError(f"trend: none of {', '.join(stacks or ())} was measured by suite {name}")
    return made
