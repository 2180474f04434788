"""The report files beside a run's run.json, one renderer each."""

from __future__ import annotations

from pathlib import Path

from benchmarks.document import run_from_dict, run_to_dict
from benchmarks.record import Run
from benchmarks.report import markdown
from benchmarks.report.html import page

MARKDOWN_FILE = "report.md"
HTML_FILE = "report.html"


def write_reports(run: Run, folder: Path) -> Path:
    """Write every report file of a run into its folder; returns the path of the one to open.

    A report shows no more than run.json does: none of the user's secrets.
    """
    run = run_from_dict(run_to_dict(run)) if run.secrets else run
    (folder / MARKDOWN_FILE).write_text(markdown.render(run), encoding="utf-8")
    path = folder / HTML_FILE
    # The hashes in its policy are of lines that end as in the package, whatever the system's lines end in.
    path.write_text(page.render(run), encoding="utf-8", newline="\n")
    return path
