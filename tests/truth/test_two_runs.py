"""Two runs of a known change: over hundreds of pairs, intervals hold it, and equal runs are not told apart."""

from __future__ import annotations

from stackduel.analysis.history.two_runs import between
from tests.stackduel.analysis.history.made import NEW, simulated
from tests.stackduel.analysis.history.test_two_runs import changed


def test_the_interval_holds_the_true_change_on_any_host() -> None:
    """Of 300 pairs of runs on hosts of different speed, 95 % of the ratios hold the truth; hardly any raw one does."""
    pairs, held, held_raw = 300, 0, 0
    for seed in range(pairs):
        old = simulated(2 * seed, fast=5.0, spread=0.05, blocks=5)
        new = simulated(2 * seed + 1, fast=4.5, host=0.7, spread=0.02, blocks=8, run_id=NEW)
        change = changed(between(old, new))
        assert change.ratio is not None
        assert change.ratio.low is not None
        assert change.ratio.high is not None
        assert change.raw.low is not None
        assert change.raw.high is not None
        held += change.ratio.low <= 0.9 <= change.ratio.high
        held_raw += change.raw.low <= 0.9 <= change.raw.high
    assert 0.91 <= held / pairs <= 0.99
    assert held_raw / pairs < 0.3


def test_equal_runs_are_hardly_ever_called_different() -> None:
    """Of 200 pairs without any change, at most a few per cent are judged faster or slower, on any host."""
    words = [
        changed(between(simulated(2 * seed), simulated(2 * seed + 1, host=1.3, run_id=NEW))).verdict
        for seed in range(1000, 1200)
    ]
    assert sum(word in {"faster", "slower"} for word in words) <= 10
    assert "inconclusive" in words
