"""How often do the intervals of the scalability law hold the truth, and is a peak invented? Many simulated runs.

``python tests/performance/bench_scalability_law.py --runs 2000`` draws so many runs for each law and each set of
numbers of cores, prints a line for each promise with its count and exact interval, and exits with 1 where an exact
binomial test at 1 % rejects one. ``--budget 20`` ends after about 20 minutes, and judges what is there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from tests.performance.exact_shares import Budget, Promise, add_budget_option
from tests.truth.scaling_runs import FEW, MANY, TRUTHS, tally


def judge(runs: int, budget: Budget) -> bool:
    """Print every promise as soon as its runs are drawn; return whether all hold."""
    kept = True
    for counts in (FEW, MANY):
        for truth in TRUTHS:
            if budget.is_spent:
                break
            found = tally(truth, counts, runs, seed=21)
            law = f"{len(counts)} numbers of cores, contention {truth[0]:g}, coherency {truth[1]:g}"
            promises = [
                Promise(f"{law}: contention held", found.contention, runs, "at least", 0.95),
                Promise(f"{law}: coherency held", found.coherency, runs, "at least", 0.95),
                Promise(f"{law}: called off the law", found.misfits, runs, "at most", 0.01),
            ]
            if truth[1] == 0:
                promises.append(Promise(f"{law}: a peak invented", found.peaks, runs, "at most", 0.05))
            for promise in promises:
                print(promise.text, flush=True)
                kept = kept and promise.is_kept
    return kept


@pytest.mark.performance
def test_intervals_hold_the_truth_for_every_law() -> None:
    """All promises, on many runs."""
    assert judge(500, Budget(None))


def main() -> int:
    """Print every share; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000, help="for each law (default 2,000)")
    add_budget_option(parser)
    chosen = parser.parse_args()
    return 0 if judge(chosen.runs, Budget(chosen.budget)) else 1


if __name__ == "__main__":
    sys.exit(main())
