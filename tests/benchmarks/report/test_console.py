"""The report in the terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks.report.console import show
from benchmarks.trial import Failure, Place
from benchmarks.verdict import compare
from tests.benchmarks.makers import run, trial


def printed(width: int) -> str:
    stacks = {"slow": "baseline", "a-stack-with-a-long-name": "worker-class"}
    results = [trial("slow", 12_345), trial("a-stack-with-a-long-name", 98_765)]
    made = run([*results, Failure(Place("slow", "waiting", 2), "[red]it died[/red]")], stacks)
    made = replace(made, comparisons=compare(made.results, made.baseline))
    console = Console(file=io.StringIO(), width=width)
    show(made, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", [20, 80, 200])
def test_no_figure_is_ever_cut_short(width: int) -> None:
    """However narrow the terminal, every name and figure is whole."""
    text = printed(width)
    for whole in ("a-stack-with-a-long-name", "49,382", "8.00x", "6,172"):
        assert whole in text, text
    assert ("(too narrow for MiB" in " ".join(text.split())) == (width < 200)
    assert "…" not in text


def test_text_from_outside_is_shown_and_not_obeyed() -> None:
    """Markup in a reason is printed as it is."""
    assert "[red]it died[/red]" in printed(80)
