"""The reports beside run.json, written together."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.model.errors import StoreError, of_system
from stackduel.model.run import Run
from stackduel.report import junit, trials_csv
from stackduel.report.html import page
from stackduel.report.markdown import document as markdown
from stackduel.report.sections.change import changed_handlers, handler_file
from stackduel.storage.run_document import run_from_dict, run_to_dict

HTML_FILE = "report.html"


def write(run: Run, folder: Path, judged: Sequence[ConditionResult] = ()) -> Path:
    """Write every report of a run, with the results of its conditions, into its folder; return the path of report.html.

    A report shows no more than run.json does: none of the user's secrets. Raises StoreError if one cannot be written.
    """
    run = run_from_dict(run_to_dict(run))
    texts = {
        "trials.csv": trials_csv.render(run),
        "junit.xml": junit.render(run, judged),
        "report.md": markdown.render(run),
        HTML_FILE: page.render(run),
    }
    for name, text in texts.items():
        _write(folder / name, text)
    for module in changed_handlers(run):
        _write_handler(module, folder)
    return folder / HTML_FILE


def _write_handler(module: str, folder: Path) -> None:
    """Put a handler that the reports link to beside them, so that the link leads somewhere on every machine."""
    package, *names = module.split(".")
    source = files(package).joinpath(*names[:-1], f"{names[-1]}.py")
    if source.is_file():
        _write(folder / handler_file(module), source.read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        # What a server wrote may hold halves of characters; and the page's policy has the hashes of these very lines.
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise StoreError(f"report {path}: cannot be written: {of_system(error)}") from error
