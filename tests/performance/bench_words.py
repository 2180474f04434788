"""How often are the words without a size false, and how often do they find the truth? Many simulated tables.

``python tests/performance/bench_words.py --tables 200000`` draws tables of every kind of noise in turn, tells now and
then how many there are, prints a line for each promise with its count and exact interval, and exits with 1 where an
exact binomial test at 1 % rejects one: false in at most 0.1 % of tables, 8x found in 98 % of them at a spread of 0.3 a
trial, 2x in 73 % at 0.15. Beyond a spread of 0.15 nothing is promised but 0.35 %. ``--budget 20`` ends after about 20
minutes, and Ctrl-C at once; both judge what is there.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from tests.performance.exact_shares import Budget, Promise, add_budget_option
from tests.truth.noisy_tables import EQUAL, DrawTables, false_tables, heavy_tailed, lognormal, words_of
from tests.truth.test_words_without_size import FALSE_TABLES, POWER

# Tables at a time: as many scores as this fit into memory, and take seconds.
CHUNK = 10_000
AT_ANY_SPREAD = 0.0035
SHAPES = {"lognormal": lognormal, "t3": heavy_tailed}
WIDER = {f"{name} {spread:g}": shape(spread) for spread in (0.3, 0.6, 2.0) for name, shape in SHAPES.items()}
TOLD_EVERY_S = 20.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of tables, and which share of them may be false at most, or has to be found at least."""

    name: str
    shape: DrawTables
    candidates: int
    bound: Literal["at most", "at least"]
    promised: float
    ratio: float = 1.0

    def count(self, first: int, tables: int) -> int:
        """Draw so many tables, from the ``first`` on; return in how many the word is false, or found."""
        words = words_of(self.shape, tables, self.candidates, seed=first + self.candidates, ratio=self.ratio)
        return false_tables(words) if self.bound == "at most" else sum(each == ["faster"] for each in words)


def kinds() -> Iterator[Kind]:
    """Yield every kind that something is promised of; what is to be found is promised to the percent."""
    for promised, shapes in ((FALSE_TABLES, EQUAL), (AT_ANY_SPREAD, WIDER)):
        for name, shape in shapes.items():
            for candidates in (5, 20):
                yield Kind(f"{name}, {candidates} candidates, false", shape, candidates, "at most", promised)
    for ratio, spread, share in POWER:
        yield Kind(f"{ratio:g}x at {spread:g}, found", lognormal(spread), 1, "at least", share - 0.005, ratio)


def promises(tables: int, budget: Budget, every_kind: Sequence[Kind], chunk: int = CHUNK) -> list[Promise]:
    """Draw tables of all kinds in turn until there are enough, or the time is over; return what they say."""
    drawn, counts, told_s = Counter[str](), Counter[str](), 0.0
    with suppress(KeyboardInterrupt):
        for first in range(0, tables, chunk):
            for kind in every_kind:
                if budget.is_spent:
                    break
                now = min(chunk, tables - first)
                counts[kind.name] += kind.count(first, now)
                drawn[kind.name] += now
                if budget.spent_s >= told_s:
                    told_s = budget.spent_s + TOLD_EVERY_S
                    told = f"{drawn.total():,} of {tables * len(every_kind):,} tables, {budget.spent_s:.0f} s"
                    print(told, file=sys.stderr, flush=True)
    return [Promise(each.name, counts[each.name], drawn[each.name], each.bound, each.promised) for each in every_kind]


def judge(tables: int, budget: Budget) -> bool:
    """Print all promises; return whether every one holds."""
    found = promises(tables, budget, list(kinds()))
    print(*(each.text for each in found), sep="\n")
    return all(each.is_kept for each in found)


@pytest.mark.performance
def test_the_words_hold_their_rates() -> None:
    """All promises, on many tables."""
    assert judge(20_000, Budget(None))


def main() -> int:
    """Print every rate; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=200_000, help="of each kind (default 200,000)")
    add_budget_option(parser)
    chosen = parser.parse_args()
    return 0 if judge(chosen.tables, Budget(chosen.budget)) else 1


if __name__ == "__main__":
    sys.exit(main())
