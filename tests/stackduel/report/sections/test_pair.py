"""Which two stacks a report sets against each other."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.conclusion import conclude
from stackduel.model.run import Run
from stackduel.report.sections.pair import Pair, pair_of
from tests.stackduel.makers import run, trial
from tests.stackduel.report.modelled import modelled

TIERS = {"slow": "baseline", "tuned": "settings", "fast": "rewrite", "wrong": "control"}


def measured(blocks: int, **rates: int) -> Run:
    """So many requests of each stack in every block, and the baseline's twin, whose rate is the baseline's."""
    results = [
        trial(stack, rate + block % 2, block=block)
        for block in range(1, blocks + 1)
        for stack, rate in {**rates, "slow.twin": rates["slow"]}.items()
    ]
    tiers = {name: TIERS[name] for name in rates} | {"slow.twin": "A/A"}
    return conclude(run(results, tiers), block_s=60)


def names(made: Run) -> tuple[str, str] | None:
    found = pair_of(made)
    return (found.first, found.second) if found else None


def test_a_suite_s_own_two_come_first() -> None:
    """In its order, whatever is advised; where they were not measured, the rule for others holds."""
    assert pair_of(modelled()) == Pair("fastapi", "triton", "which the suite compares head to head")
    absent = replace(modelled(), suite=replace(modelled().suite, duel=("fastapi", "absent")))
    assert names(absent) == ("fastapi", "triton")


def test_the_baseline_meets_what_is_advised() -> None:
    """Not the fastest, where a cheaper change gives nearly as much."""
    found = pair_of(measured(5, slow=100, tuned=396, fast=400))
    assert found == Pair("slow", "tuned", "the baseline and the change advised")


def test_without_an_advice_the_baseline_meets_the_best() -> None:
    """It may be slower than the baseline."""
    found = pair_of(measured(5, slow=400, tuned=100, fast=200))
    assert found is not None
    assert (found.second, found.why) == ("fast", "the baseline and the best of the candidates, though none is advised")


def test_untested_it_meets_the_leader_and_no_control() -> None:
    """A wrong migration only where there is nothing else."""
    assert names(measured(2, slow=100, tuned=200, fast=300, wrong=900)) == ("slow", "fast")
    assert names(measured(2, slow=100, wrong=900)) == ("slow", "wrong")


def test_a_baseline_alone_meets_nobody() -> None:
    """Nor does one whose candidates all failed."""
    assert pair_of(conclude(run([trial("slow", 100)]))) is None
