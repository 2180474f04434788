"""Damaged runs that are still read: every report of them is made, and they are compared or refused in a sentence."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from stackduel.cli.compare import compare
from stackduel.cli.report import show
from stackduel.model.errors import FieldError, StoreError
from stackduel.model.run import Run
from stackduel.storage import run_file
from stackduel.storage.run_document import run_to_dict
from tests.stackduel.analysis.history.made import NEW, simulated
from tests.stackduel.report.html.runs import SEARCHES, compared
from tests.stackduel.storage.test_odd_run_files import mutant, places, stored
from tests.stackduel.storage.whole import whole

# About one in four is still a run.
MUTANTS = 300


def test_no_damaged_run_breaks_a_report_or_a_comparison(tmp_path: Path) -> None:
    """Terminal, Markdown, HTML, CSV and JUnit of hundreds of mutants, and what changed since a sound run: no error."""
    draw = random.Random(23)
    runs: list[Run] = [simulated(1, run_id=NEW), whole(), compared(), *SEARCHES.values()]
    documents = [run_to_dict(each) for each in runs]
    documents[0]["trials"] = documents[0]["trials"][:6]
    sound = run_file.save(compared(), tmp_path / "sound").parent
    at = [list(places(each)) for each in documents]
    shown = compared_with = 0
    for number in range(MUTANTS):
        which = number % len(documents)
        folder = stored(tmp_path / str(number), mutant(documents[which], at[which], draw))
        try:
            run_file.load(folder)
        except StoreError:
            continue
        show(folder, quiet(), quiet())
        shown += 1
        for form in ("table", "markdown", "json"):
            with suppress(FieldError):
                compare(sound, folder, quiet(), quiet(), form=form)
                compared_with += 1
    assert shown > MUTANTS / 10
    assert compared_with > 0


def quiet() -> Console:
    return Console(file=io.StringIO(), width=80, color_system=None)
