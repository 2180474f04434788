"""The benches judge rightly what they measured."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from stackduel.analysis.comparisons import compare
from stackduel.model.trial import HostNoise, TrialState
from stackduel.storage import run_file
from tests.performance.bench_engine import judged, run_overhead
from tests.performance.bench_truth import Finding, Tally, findings_of
from tests.stackduel import makers
from tests.truth.neighbour import bursts


def said(verdict: str, times: int, low: float = 0.97, high: float = 1.03) -> Iterator[Finding]:
    """The same finding several times."""
    return (Finding(verdict, 1.0, low, high, verdict) for _ in range(times))


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ({"equivalent": 30, "inconclusive": 5, "slower": 5}, True),
        ({"equivalent": 30, "inconclusive": 3, "slower": 3, "faster": 4}, False),
        ({"equivalent": 39, "not tested": 1}, False),
    ],
)
def test_false_winners_are_judged_by_an_exact_binomial(words: dict[str, int], holds: bool) -> None:
    """Five of forty are compatible with 5 % at 1 %, seven are not; and every run must have been tested."""
    findings = tuple(each for word, times in words.items() for each in said(word, times))
    assert Tally(1.0, findings).holds is holds


@pytest.mark.parametrize(("unsized", "holds"), [(0, True), (1, True), (2, False)])
def test_a_false_word_without_a_size_is_rarer(unsized: int, holds: bool) -> None:
    """One of forty may be the one of a thousand, two are not."""
    false = (Finding("faster", 1.0, 0.97, 1.03, "inconclusive", sized=False) for _ in range(unsized))
    assert Tally(1.0, (*said("inconclusive", 40 - unsized), *false)).holds is holds


@pytest.mark.parametrize(
    ("faster", "missing", "other", "holds"), [(40, 0, 0, True), (34, 6, 0, True), (33, 7, 0, False), (37, 0, 3, False)]
)
def test_a_true_winner_is_hardly_ever_overlooked(faster: int, missing: int, other: int, holds: bool) -> None:
    """Of forty runs three may not miss that 1.5 is faster, and seven may not have an interval beside the truth."""
    findings = (
        *said("faster", faster, 1.45, 1.55),
        *said("faster", missing, 1.51, 1.55),
        *said("inconclusive", other, 1.45, 1.55),
    )
    assert Tally(1.5, findings).holds is holds


def test_a_winner_is_never_turned_around() -> None:
    """One run that calls 1.5 slower breaks the promise."""
    assert not Tally(1.5, (*said("faster", 39, 1.45, 1.55), *said("slower", 1, 1.45, 1.55))).holds


@pytest.mark.parametrize(("truth", "holds"), [(1.5, True), (4.0, False)])
def test_noise_hides_no_large_winner(truth: float, holds: bool) -> None:
    """Where every run is noisy, 1.5 may stay open, but 4 has to be called faster, with a size or without."""
    low, high = 0.97 * truth, 1.03 * truth
    open_ones = tuple(Finding("inconclusive", truth, low, high, "faster") for _ in range(40))
    assert Tally(truth, open_ones).holds is holds
    assert Tally(truth, tuple(Finding("faster", truth, low, high, "faster", sized=False) for _ in range(40))).holds


def test_an_interval_without_bounds_holds_no_truth() -> None:
    """A run that lost too many blocks says nothing, whatever its words."""
    assert Tally(1.0, tuple(said("not tested", 1, 0.0, float("inf")))).inside == 0


@pytest.mark.parametrize(("state", "size"), [("ok", None), ("noisy", "uncertain")])
def test_a_noisy_run_still_tells_what_it_measured(state: TrialState, size: str | None) -> None:
    """The verdict is taken as it stands, and beside it what interval and margin alone say."""
    results = [
        replace(makers.trial(stack, requests, block=block), state=state, noise=HostNoise(0.0, 0.3, 0.0, 0.3))
        for stack, rate in {"base": 1000, "base.twin": 1000, "faster": 1500, "fourfold": 4000}.items()
        for block, requests in enumerate((rate - 5, rate + 5, rate, rate + 2, rate - 2), 1)
    ]
    tiers = {"base": "baseline", "base.twin": "baseline", "faster": "settings", "fourfold": "settings"}
    run = replace(makers.run(results, tiers), comparisons=compare(results, "base"))
    found = findings_of(run)
    large = found["fourfold"]
    assert (large.verdict, large.word, large.sized) == ("faster", "faster", size is None)
    assert large.low < 4.0 < large.high
    assert found["same"] == Finding("not tested", 1.0, 0.0, float("inf"), "not tested")


def test_a_neighbour_takes_its_share_in_the_long_run() -> None:
    """Bursts of different lengths, with rests between them, are 30 % of the time."""
    drawn = list(islice(bursts(0.3, Random(1)), 2000))
    worked_s, rested_s = (sum(each) for each in zip(*drawn, strict=True))
    assert worked_s / (worked_s + rested_s) == pytest.approx(0.3, abs=0.02)
    assert max(burst_s for burst_s, _ in drawn) <= 0.15


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
