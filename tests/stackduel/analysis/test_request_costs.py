"""Costs of requests: the formula on trials of known CPU time, memory and rate, and intervals by blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.request_costs import NO_ANSWER, NOT_MEASURED, cost_per_million, request_costs
from stackduel.model.prices import Prices
from stackduel.model.trial import Cost, Trial
from tests.stackduel.makers import WAITING, trial

PRICES = Prices(cpu_hour=0.04, gib_hour=0.005)
STACKS = ("slow", "fast")


def blocks(*cpu_s: float) -> list[Trial]:
    """Trials of one stack, a block each, with 1,000 answers in two seconds."""
    return [trial("slow", 1000, block=number, cost=Cost(each, 512.0)) for number, each in enumerate(cpu_s, 1)]


def test_a_cost_is_that_of_its_cpu_time_and_of_its_memory() -> None:
    """A millisecond a request is 0.2778 core hours a million; half a GiB at 500 req/s is 0.2778 GiB hours."""
    (one,) = blocks(1.0)
    hours = 1_000_000 * 0.001 / 3600
    assert cost_per_million(one, Prices(cpu_hour=1.0)) == pytest.approx(hours)
    assert cost_per_million(one, Prices(gib_hour=1.0)) == pytest.approx(1_000_000 / 500 * 0.5 / 3600)
    assert cost_per_million(one, PRICES) == pytest.approx(0.04 * hours + 0.005 * hours)


def test_an_interval_takes_five_blocks_and_holds_their_geometric_mean() -> None:
    """Fewer have a figure without bounds."""
    (four,) = request_costs(blocks(1, 2, 1, 2), [WAITING], STACKS, Prices(cpu_hour=3.6))
    assert (four.blocks, four.low, four.high) == (4, None, None)
    assert four.per_million == pytest.approx(2**0.5)
    (five,) = request_costs(blocks(1, 2, 1, 2, 2**0.5), [WAITING], STACKS, Prices(cpu_hour=3.6))
    assert five.per_million == pytest.approx(2**0.5)
    assert five.low is not None
    assert five.high is not None
    assert five.low < 2**0.5 < five.high
    # Of logarithms: the bounds are equally far from the mean as factors.
    assert five.low * five.high == pytest.approx(2)


def test_five_quiet_blocks_count_alone() -> None:
    """As with speedups: a noisy block beside them moves nothing."""
    noisy = replace(trial("slow", 1000, block=6, cost=Cost(50, 512.0)), state="noisy")
    (found,) = request_costs([*blocks(1, 1, 1, 1, 1), noisy], [WAITING], STACKS, Prices(cpu_hour=3.6))
    assert found.blocks == 5
    assert found.per_million == pytest.approx(1)


def test_what_is_not_measured_says_why() -> None:
    """A stack at a URL has no CPU time, one that answers nothing has no cost of an answer."""
    elsewhere = trial("slow", 1000, cost=None)
    failing = trial("fast", 0, failed=10)
    found = request_costs([elsewhere, failing], [WAITING], STACKS, PRICES)
    assert [(each.stack, each.per_million, each.reason) for each in found] == [
        ("slow", None, NOT_MEASURED),
        ("fast", None, NO_ANSWER),
    ]


def test_without_prices_there_are_no_costs() -> None:
    """Nobody asked for them."""
    assert request_costs(blocks(1.0), [WAITING], STACKS, None) == ()


def test_no_cpu_time_at_all_is_a_cost_without_an_interval() -> None:
    """A clock of ten milliseconds may see none in a short window, and zero has no logarithm."""
    (found,) = request_costs(blocks(0, 0, 0, 0, 0), [WAITING], STACKS, Prices(cpu_hour=1.0))
    assert (found.per_million, found.low) == (0, None)
