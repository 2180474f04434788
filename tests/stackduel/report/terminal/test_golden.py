"""The main tables as they stand in a terminal of 80 columns, exactly as agreed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.analysis.history.two_runs import between
from stackduel.report.terminal.history import show_between
from stackduel.report.terminal.run_report import show
from tests.golden import golden
from tests.stackduel.analysis.history.made import NEW, OLD, simulated
from tests.stackduel.report.html.runs import SEARCHES, compared
from tests.stackduel.report.judged import judged
from tests.stackduel.report.modelled import modelled

GOLDEN = Path(__file__).parent / "golden"


def _compare(console: Console) -> None:
    show_between(
        between(simulated(1, run_id=OLD), simulated(2, run_id=NEW, fast=3.0, python="CPython 3.12.1")), console
    )


SHOWN: dict[str, Callable[[Console], None]] = {
    "report": lambda console: show(compared(), console),
    "models": lambda console: show(modelled(), console),
    "service": lambda console: show(judged(), console),
    **{mode: lambda console, made=made: show(made, console) for mode, made in SEARCHES.items()},  # type: ignore[misc]
    "compare": _compare,
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_terminal_is_the_golden_one(name: str) -> None:
    """Headings, figures with their intervals, what was left out, sentences and notes; none of it wider."""
    out = io.StringIO()
    SHOWN[name](Console(file=out, width=80))
    text = out.getvalue()
    assert text == golden(GOLDEN / f"{name}.txt", text)
    assert max(map(len, text.splitlines())) <= 80
