"""The Markdown report, against a golden file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.conclude import conclude
from benchmarks.record import Run
from benchmarks.report.markdown import render
from benchmarks.trial import Failure, Gate, Place, Result
from tests.benchmarks.makers import CALLING, WAITING, run, trial

GOLDEN = Path(__file__).with_name("golden.md")


ABOUT = {"framework": "flask", "app": "a:app", "server": "gunicorn", "worker_class": "gthread", "worker_count": 1}
STACKS = {
    "slow": {"tier": "baseline", **ABOUT, "threads": 2, "waiting_slots": 2, "fans_out": False},
    "tuned": {"tier": "settings", **ABOUT, "threads": 64, "waiting_slots": 64, "fans_out": False},
    "fast": {"tier": "rewrite", **ABOUT, "framework": "fastapi", "waiting_slots": None, "fans_out": True},
    "slow.twin": {"tier": "A/A", **ABOUT, "threads": 2, "waiting_slots": 2, "fans_out": False},
}


def blocks() -> Iterator[Result]:
    """Five blocks of a suite of two scenarios, with one trial void, one noisy and one that failed."""
    for block, chance in enumerate((0, 1, -1, 2, -2), 1):
        yield trial("slow", 40 + chance % 2, block=block, latency_ms=500)
        yield trial("slow.twin", 40, block=block, latency_ms=500)
        yield trial("tuned", 190 + chance, block=block, failed=2 if block == 3 else 0)
        yield trial("fast", 196 + chance, block=block)
        for stack, latency_ms in (("slow", 500), ("slow.twin", 501), ("tuned", 500), ("fast", 100 + chance)):
            yield trial(stack, 3, scenario="calling", metric="time", latency_ms=latency_ms, block=block)


def golden_run() -> Run:
    """All there is: a void trial, a noisy one, one that failed, and text that would like to be markup."""
    gate = Gate("generator-cpu", False, "The busiest shard used 90.0 % of its core (bound 70 %).")
    void = replace(trial("fast", 10, block=2), state="void", reason=gate.detail, gates=(gate,))
    disturbed = trial("slow.twin", 40, latency_ms=500)
    results = [
        replace(void, place=replace(void.place, attempt=2)),
        *(each for each in blocks() if each.place != disturbed.place),
        replace(disturbed, state="noisy", reason="Other processes used 20 %."),
        Failure(Place("tuned", "calling", 6), "it died\nwith <b>|pipes|</b>"),
    ]
    made = run(results, scenarios=(WAITING, CALLING))
    return conclude(replace(made, stacks=STACKS, baseline="slow"), block_s=60)


def test_the_report_is_the_golden_one() -> None:
    """Advice, conditions, the pair, all stacks, insights, choice, winners, notes and what is folded, as agreed."""
    assert render(golden_run()) == GOLDEN.read_text(encoding="utf-8")
