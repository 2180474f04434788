"""The reports that stand beside run.json, written together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.condition.verdict import Judged
from benchmarks.record import Run
from benchmarks.report import csv, junit, markdown


def write(run: Run, folder: Path, judged: Sequence[Judged] = ()) -> Path:
    """Write every report of a run, and the conditions ``judged`` on it, into its folder; returns that for people."""
    texts = {
        "trials.csv": csv.render(run),
        "junit.xml": junit.render(run, judged),
        "report.md": markdown.render(run),
    }
    for name, text in texts.items():
        # What a server wrote may hold halves of characters.
        (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    return folder / "report.md"
