"""The benches judge rightly what they measured."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from stackduel.storage import run_file
from tests.performance.bench_engine import judged, run_overhead
from tests.performance.bench_truth import Finding, Tally, findings_of
from tests.stackduel import makers


def said(verdict: str, times: int, low: float = 0.97, high: float = 1.03) -> Iterator[Finding]:
    """The same finding several times."""
    return (Finding(verdict, 1.0, low, high, verdict) for _ in range(times))


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ({"equivalent": 30, "inconclusive": 9, "slower": 1}, True),
        ({"equivalent": 30, "inconclusive": 8, "slower": 1, "faster": 1}, False),
        ({"equivalent": 39, "not tested": 1}, False),
    ],
)
def test_one_false_winner_in_forty_is_allowed(words: dict[str, int], holds: bool) -> None:
    """Of forty runs of equal servers one may name a winner, and every one must have been tested."""
    findings = tuple(each for word, times in words.items() for each in said(word, times))
    assert Tally(1.0, findings).holds is holds


@pytest.mark.parametrize(
    ("faster", "missing", "other", "holds"), [(40, 0, 0, True), (36, 4, 0, True), (35, 5, 0, False), (39, 0, 1, False)]
)
def test_a_true_winner_is_never_overlooked(faster: int, missing: int, other: int, holds: bool) -> None:
    """Of forty runs all must say that 1.5 is faster, and four may have an interval beside the truth."""
    findings = (
        *said("faster", faster, 1.45, 1.55),
        *said("faster", missing, 1.51, 1.55),
        *said("inconclusive", other, 1.45, 1.55),
    )
    assert Tally(1.5, findings).holds is holds


def test_an_interval_without_bounds_holds_no_truth() -> None:
    """A run that lost too many blocks says nothing, whatever its words."""
    assert Tally(1.0, tuple(said("not tested", 1, 0.0, float("inf")))).inside == 0


@pytest.mark.parametrize(("noisy", "verdict"), [(False, "faster"), (True, "inconclusive")])
def test_a_noisy_run_still_tells_what_it_measured(noisy: bool, verdict: str) -> None:
    """The verdict is taken as it stands, and beside it what interval and margin alone say."""
    comparison = {"candidate": "faster", "speedup": 1.5, "low": 1.4, "high": 1.6, "margin": 0.05, "confidence": 0.95}
    run = {"comparisons": [{**comparison, "blocks": 5, "noisy": noisy, "verdict": verdict}]}
    assert findings_of(run) == {"faster": Finding(verdict, 1.5, 1.4, 1.6, "faster")}


@pytest.mark.parametrize(("ratio", "ok"), [(1.0, True), (0.8, None), (0.6, False)])
def test_a_target_within_the_interval_is_open(ratio: float, ok: bool | None) -> None:
    """A ratio reaches its target, or misses it, only when the whole interval does."""
    theirs = [100.0, 90.0, 110.0, 105.0, 95.0]
    wobble = [1.01, 0.99, 1.02, 0.98, 1.0]
    assert judged("wrk", [ratio * each * by for each, by in zip(theirs, wobble, strict=True)], theirs).ok is ok


def test_too_few_rounds_judge_nothing() -> None:
    """Below five rounds there is no interval, so no target is reached or missed."""
    assert judged("wrk", [100.0] * 4, [10.0] * 4).ok is None


@pytest.mark.parametrize(("wall_s", "ok"), [(6.0, True), (6.5, False)])
def test_the_overhead_of_a_run_is_what_it_did_not_measure(tmp_path: Path, wall_s: float, ok: bool) -> None:
    """Two trials of 2.0 s with a warm-up of 0.5 s each may take a quarter longer than these 5 s, all in all."""
    run = makers.run([makers.trial("slow", 100), makers.trial("fast", 200)])
    ended_s = datetime.fromisoformat(run.started).timestamp() + wall_s
    os.utime(run_file.save(run, tmp_path), (ended_s, ended_s))
    (line,) = run_overhead(tmp_path)
    assert line.ok is ok
