"""How often does ``stackduel pr`` find a change of 10 %, and name a winner of equal commits? Many simulated runs.

``python tests/performance/bench_commit_power.py --runs 5000`` draws so many runs at each spread from launch to launch,
prints a line for each promise with its count and exact interval, and exits with 1 where an exact binomial test at 1 %
rejects one. ``--budget 20`` ends after about 20 minutes, and judges what is there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from tests.performance.exact_shares import Budget, Promise, add_budget_option
from tests.truth.commit_runs import FALSE, FOUND, SLOWER, SPREADS, verdicts


def judge(runs: int, budget: Budget) -> bool:
    """Print every promise as soon as its runs are drawn; return whether all hold."""
    kept = True
    for spread in SPREADS:
        if budget.is_spent:
            break
        slower = sum(each == "slower" for each in verdicts(spread, SLOWER, runs, seed=11))
        named = sum(each in {"faster", "slower"} for each in verdicts(spread, 1.0, runs, seed=12))
        for promise in (
            Promise(f"spread {spread:g}, 10 % longer, found", slower, runs, "at least", FOUND),
            Promise(f"spread {spread:g}, equal, a winner named", named, runs, "at most", FALSE),
        ):
            print(promise.text, flush=True)
            kept = kept and promise.is_kept
    return kept


@pytest.mark.performance
def test_a_change_of_a_tenth_is_found_at_every_spread() -> None:
    """All promises, on many runs."""
    assert judge(2000, Budget(None))


def main() -> int:
    """Print every rate; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5000, help="at each spread (default 5,000)")
    add_budget_option(parser)
    chosen = parser.parse_args()
    return 0 if judge(chosen.runs, Budget(chosen.budget)) else 1


if __name__ == "__main__":
    sys.exit(main())
