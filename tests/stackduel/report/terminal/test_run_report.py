"""The report in the terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import msgspec
import pytest
from rich.console import Console

from stackduel.analysis.comparisons import compare
from stackduel.analysis.conclusion import conclude
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.trial import Failure, Place, Trial
from stackduel.report.terminal.run_report import show
from tests.stackduel.makers import run, trial


def shown(made: Run, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    show(made, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def printed(width: int) -> str:
    stacks = {"slow": "baseline", "a-stack-with-a-long-name": "worker-class"}
    results = [trial("slow", 12_345), trial("a-stack-with-a-long-name", 98_765)]
    made = run([*results, Failure(Place("slow", "waiting", 2), "[red]it died[/red]")], stacks)
    return shown(replace(made, comparisons=compare(made.results, made.baseline)), width)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_figure_is_ever_cut_short(width: int) -> None:
    """However narrow the terminal, every name and figure that is there is whole."""
    text = printed(width)
    for whole in ("a-stack-with-a-long-name", "8.00x", *(("49,382", "6,172") if width > 40 else ())):
        assert whole in text, text
    assert ("(too narrow for MiB" in " ".join(text.split())) == (width < 200)
    assert "…" not in text


def test_text_from_outside_is_shown_and_not_obeyed() -> None:
    """Markup in a reason is printed as it is."""
    assert "[red]it died[/red]" in printed(80)


def concluded() -> Run:
    """Five blocks with a twin, and everything that follows from them."""
    about = msgspec.convert(
        {
            "slow": {"tier": "baseline", "waiting_slots": 2},
            "slow.twin": {"tier": "A/A", "waiting_slots": 2},
            "fast": {"tier": "rewrite", "waiting_slots": None},
        },
        dict[str, StackFacts],
    )
    results = [
        trial(stack, requests + block % 2, block=block)
        for block in range(1, 6)
        for stack, requests in (("slow", 38), ("slow.twin", 38), ("fast", 190))
    ]
    return conclude(replace(run(results), stacks=about))


@pytest.mark.parametrize("width", [60, 200])
def test_the_advice_is_the_last_thing_in_the_terminal(width: int) -> None:
    """After the table with its twin, the words of the matrix and the notes; none of them is lost in a narrow one."""
    text = shown(concluded(), width)
    parts = ("quick: 2 stacks", "slow.twin", "Migration matrix", "A note.", "Advice")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    advice = concluded().advice
    assert advice is not None
    assert advice.run.sentence.startswith("Change to fast: ")
    assert " ".join(text.split()).endswith(f"{advice.run.sentence} {advice.run.reason}")
    assert "faster" in text


def test_only_columns_that_a_reader_needs_least_are_left_out() -> None:
    """Stack, speedup and verdict stay at any width; what is gone is named."""
    narrow = shown(concluded(), 20)
    for heading in ("stack", "speedup", "verdict"):
        assert heading in narrow
    left_out = " ".join(narrow.split()).partition("(too narrow for ")[2].partition(":")[0]
    assert left_out == "MiB, p95, tier, p50, CPU, p99, binds, req/s"
    assert "too narrow" not in shown(concluded(), 200)


def test_80_columns_hold_what_decides() -> None:
    """Rate, speedup, verdict and what binds are there, even where every trial failed some requests."""
    made = concluded()
    failing = [
        replace(each, measurement=replace(each.measurement, failed=12_345, resent=6_789))
        if isinstance(each, Trial)
        else each
        for each in made.results
    ]
    (headings,) = (
        line.split()
        for line in shown(replace(made, results=tuple(failing)), 80).splitlines()
        if "req/s" in line and "speedup" in line
    )
    assert {"stack", "req/s", "fail", "speedup", "verdict", "binds"} <= set(headings)


def test_a_column_that_tells_of_failures_outlives_the_figure() -> None:
    """Noughts are missed by nobody, failed requests would be."""
    failing = conclude(replace(concluded(), results=(*concluded().results, trial("fast", 190, failed=3, block=6))))
    assert "fail" in shown(failing, 20)
    assert "req/s" not in shown(failing, 20).partition("(too narrow")[0]


def test_a_run_without_results_can_be_shown() -> None:
    """Interrupted before its first trial, it says that nothing was measured."""
    text = shown(conclude(replace(run([]), status="interrupted")), 80)
    assert "interrupted: 0 of 2 trials measured" in " ".join(text.split())
    assert "Migration matrix" not in text
