"""Do whole runs find the truth? The short suite, again and again, on servers whose ratios are known.

``python tests/performance/bench_truth.py --runs 40`` prints a line a run, and at the end for each true ratio the
verdicts, how often the interval held the truth, and each promise with its count and exact interval. ``--budget 30``
begins no run that would not end within 30 minutes, and Ctrl-C ends at once; both judge what is there. With
``--neighbour`` another process takes 30 % of the server's core in bursts meanwhile. It exits with 1 where an exact
binomial test at 1 % rejects one of the promises, or without any run:

- of intervals, 95 % hold the truth;
- equal servers are told apart in at most 5 % of the runs, and without a size in at most 0.1 %;
- 1.50 is faster by its interval in 99 % of the runs, and never slower; 4.00 is called faster in 98 %, noise or not.

A run on a noisy host gives no size, whatever it measured. So the table tells twice what was said: by the runs, and but
for the noise, that is by their intervals and margins alone.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackduel.analysis.decision import decide
from stackduel.analysis.pairs import Logs, log_ratios_by_pair
from stackduel.analysis.statistics.intervals import interval
from stackduel.model.comparison import Comparison
from stackduel.model.run import Run
from stackduel.storage.run_document import run_from_dict

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from tests.performance.exact_shares import Budget, Promise, add_budget_option
from tests.truth.neighbour import noisy_neighbour
from tests.truth.pair import SUITE, TRUTHS, write_pair

ROOT = SUITE.parents[2]
RUN_WITHIN_S = 600.0
FALSE_WINNERS = 0.05
FALSE_WITHOUT_SIZE = 0.001
COVERAGE = 0.95
# Of runs in which the interval alone says that 1.50 is faster, and in which the run says that 4.00 is.
FOUND_BY_INTERVAL = 0.99
FOUND_IN_NOISE = 0.98
LARGE = 4.0
WINNERS = frozenset({"faster", "slower"})
UNTESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Finding:
    """One run's finding on one candidate: the verdict, the speedup and between which bounds it lies.

    ``word`` is the verdict as it would be had the host been quiet; ``sized`` is False where the verdict rests on the
    signs of noisy blocks. Where blocks were lost to the host there may be too few for bounds: then they are 0 and
    infinite, and say nothing.
    """

    verdict: str
    speedup: float
    low: float
    high: float
    word: str
    sized: bool = True

    @property
    def half_width(self) -> float:
        """How far the bounds lie from the speedup, as a share."""
        return math.sqrt(self.high / self.low) - 1 if self.low else math.inf

    @property
    def text(self) -> str:
        """Speedup, bounds and verdict."""
        return f"{self.speedup:.3f} ({self.low:.3f}-{self.high:.3f}) {self.said}"

    @property
    def said(self) -> str:
        """The verdict as a reader sees it."""
        return self.verdict if self.sized else f"{self.verdict} (size uncertain)"


@dataclass(frozen=True, slots=True)
class Tally:
    """The findings of all runs on the candidate whose true ratio is ``truth``."""

    truth: float
    findings: tuple[Finding, ...]

    @property
    def words(self) -> Counter[str]:
        """How often each verdict was given, but for the noise."""
        return Counter(each.word for each in self.findings)

    @property
    def inside(self) -> int:
        """How often the truth lay within the interval."""
        return sum(each.low <= self.truth <= each.high < math.inf for each in self.findings)

    @property
    def promises(self) -> Iterator[Promise]:
        """Yield the promises of verdicts and intervals; a verdict that is not given is not right."""
        runs, words = len(self.findings), self.words
        name = f"{self.truth:.2f}"
        yield Promise(f"{name} within its interval", self.inside, runs, "at least", COVERAGE)
        if self.truth == 1:
            wrong = sum(each.word in WINNERS or (each.sized and each.verdict in WINNERS) for each in self.findings)
            unsized = sum(not each.sized for each in self.findings)
            yield Promise(f"{name} not tested", words[UNTESTED], runs, "at most", 0)
            yield Promise(f"{name} told apart", wrong, runs, "at most", FALSE_WINNERS)
            yield Promise(f"{name} told apart without a size", unsized, runs, "at most", FALSE_WITHOUT_SIZE)
            return
        turned = sum("slower" in {each.word, each.verdict} for each in self.findings)
        yield Promise(f"{name} called slower", turned, runs, "at most", 0)
        yield Promise(f"{name} faster by its interval", words["faster"], runs, "at least", FOUND_BY_INTERVAL)
        if self.truth >= LARGE:
            found = sum(each.verdict == "faster" for each in self.findings)
            yield Promise(f"{name} called faster, noise or not", found, runs, "at least", FOUND_IN_NOISE)

    @property
    def holds(self) -> bool:
        """Whether every promise is kept."""
        return all(promise.is_kept for promise in self.promises)

    def text(self) -> str:
        """The line of the table."""
        said = (Counter(each.said for each in self.findings), self.words)
        verdicts, words = (", ".join(f"{count} {word}" for word, count in each.most_common()) for each in said)
        speedup = statistics.geometric_mean(each.speedup for each in self.findings)
        half_width = statistics.median(each.half_width for each in self.findings)
        return (
            f"| {self.truth:.2f} | {len(self.findings)} | {verdicts} | {words} | {self.inside} | {speedup:.3f} | "
            f"{half_width:.1%} | {'yes' if self.holds else 'NO'} |"
        )


HEADER = (
    "| truth | runs | verdicts | but for noise | truth inside | mean speedup | half-width, median | as promised |\n"
    "|---:|---:|---|---|---:|---:|---:|---|"
)


def measure(runs: int, seed: int) -> Iterator[Mapping[str, Finding]]:
    """The findings of one run after another, by candidate; each run has a seed of its own."""
    with tempfile.TemporaryDirectory() as folder:
        stacks = write_pair(Path(folder))
        for number in range(runs):
            yield findings_of(run_once(stacks, Path(folder, "results"), seed + number))


def run_once(stacks: Path, results: Path, seed: int) -> Run:
    """One run as the command line makes it."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "stackduel", "run", str(SUITE), "--stacks-file", str(stacks)),
            *("--out", str(results), "--seed", str(seed), "--json", "--quiet"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
        timeout=RUN_WITHIN_S,
    )
    # Where noise left nothing to count, the status is 3, and the run says so.
    assert done.returncode in {0, 3}, done.returncode
    return run_from_dict(json.loads(done.stdout))


def findings_of(run: Run) -> dict[str, Finding]:
    """Return a run's findings on the candidates whose truth is known."""
    logs = log_ratios_by_pair(run.results, run.baseline)
    compared = {each.candidate: each for each in run.comparisons}
    return {name: _finding(compared.get(name), logs) for name in TRUTHS}


def _finding(compared: Comparison | None, logs: Mapping[tuple[str, str], Logs]) -> Finding:
    """The verdict as it stands; and the interval of the same blocks, which a verdict without a size does not show."""
    own = logs.get((compared.scenario, compared.candidate)) if compared else None
    if compared is None or own is None or (found := interval(own.logs, comparisons=len(TRUTHS))) is None:
        verdict, speedup = (compared.verdict, compared.speedup) if compared else (UNTESTED, 1.0)
        return Finding(verdict, speedup, 0.0, math.inf, UNTESTED)
    word = decide(found, compared.margin, noisy=False)
    return Finding(compared.verdict, found.ratio, found.low, found.high, word, compared.size is None)


def judge(runs: Sequence[Mapping[str, Finding]]) -> bool:
    """Print the table and the promises; return whether all hold."""
    if not runs:
        print("no run was made")
        return False
    found = tallies(runs)
    print("", HEADER, *(tally.text() for tally in found), sep="\n")
    print("", *(promise.text for tally in found for promise in tally.promises), sep="\n")
    return all(tally.holds for tally in found)


def tallies(runs: Sequence[Mapping[str, Finding]]) -> list[Tally]:
    """All runs, candidate by candidate."""
    return [Tally(truth, tuple(run[candidate] for run in runs)) for candidate, truth in TRUTHS.items()]


@pytest.mark.performance
def test_runs_find_the_truth() -> None:
    """Over a few runs, equal servers stay equal and 1.50 is always faster."""
    assert judge(list(measure(5, seed=1)))


@pytest.mark.performance
def test_runs_find_the_truth_beside_a_noisy_neighbour() -> None:
    """So they do while another process takes 30 % of the server's core in bursts."""
    with noisy_neighbour():
        assert judge(list(measure(5, seed=1)))


def main() -> int:
    """Print every run and the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="how many (default 40)")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each next has the next (default 1)")
    parser.add_argument("--neighbour", action="store_true", help="beside a process that takes 30 %% of the core")
    add_budget_option(parser)
    chosen = parser.parse_args()
    runs: list[Mapping[str, Finding]] = []
    with noisy_neighbour() if chosen.neighbour else nullcontext(), suppress(KeyboardInterrupt):
        # One by one, so that those before an interruption stay.
        for found in within(Budget(chosen.budget), measure(chosen.runs, chosen.seed), chosen.runs):
            runs.append(found)  # noqa: PERF402
    return 0 if judge(runs) else 1


def within(budget: Budget, measured: Iterator[Mapping[str, Finding]], planned: int) -> Iterator[Mapping[str, Finding]]:
    """Yield and print one run after another while another one, as long as the longest, would end in time."""
    longest_s = 0.0
    for number in range(1, planned + 1):
        if not budget.has_room_for(longest_s):
            print(f"{planned - number + 1} of {planned} runs are left out: the time is over", flush=True)
            return
        began_s = budget.spent_s
        found = next(measured)
        longest_s = max(longest_s, budget.spent_s - began_s)
        said = "; ".join(f"{name} {each.text}" for name, each in found.items())
        print(f"{number:3d} of {planned}, {budget.spent_s:4.0f} s: {said}", flush=True)
        yield found


if __name__ == "__main__":
    sys.exit(main())
