"""The reports beside run.json, written together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.model.run import Run
from stackduel.report import junit, trials_csv
from stackduel.report.html import page
from stackduel.report.markdown import document as markdown
from stackduel.storage.run_document import run_from_dict, run_to_dict

HTML_FILE = "report.html"


def write(run: Run, folder: Path, judged: Sequence[ConditionResult] = ()) -> Path:
    """Write every report of a run, with the results of its conditions, into its folder; return the path of report.html.

    A report shows no more than run.json does: none of the user's secrets.
    """
    run = run_from_dict(run_to_dict(run)) if run.secrets else run
    texts = {
        "trials.csv": trials_csv.render(run),
        "junit.xml": junit.render(run, judged),
        "report.md": markdown.render(run),
        HTML_FILE: page.render(run),
    }
    for name, text in texts.items():
        # What a server wrote may hold halves of characters; and the page's policy has the hashes of these very lines.
        (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    return folder / HTML_FILE
