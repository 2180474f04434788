"""Do whole runs find the truth? The short suite, again and again, on servers whose ratios are known.

``python tests/performance/bench_truth.py --runs 40`` prints a line a run, and at the end for each true ratio what the
verdicts were and how often the interval held the truth. It exits with 1 where that is less than promised: of 40 runs
one may call equal servers different and four may miss a truth, but none may overlook that 1.50 is faster.

A run on a noisy host names no winner, whatever it measured. So the table tells twice what was said: by the runs, and
but for the noise, that is by their intervals and margins alone. The promises are of the latter.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stackduel.analysis.decision import decide
from stackduel.analysis.statistics.intervals import Interval

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from tests.truth.pair import SUITE, TRUTHS, write_pair

ROOT = SUITE.parents[2]
RUN_WITHIN_S = 300.0
FALSE_WINNERS = 1 / 40
MISSED_TRUTHS = 4 / 40
WINNERS = frozenset({"faster", "slower"})
UNTESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one run says of one candidate: the verdict, the speedup and between which bounds it lies.

    ``word`` is the verdict as it would be had the host been quiet. Where blocks were lost to the host there may be too
    few for bounds: then they are 0 and infinite, and say nothing.
    """

    verdict: str
    speedup: float
    low: float
    high: float
    word: str

    @property
    def half_width(self) -> float:
        """How far the bounds lie from the speedup, as a share."""
        return math.sqrt(self.high / self.low) - 1 if self.low else math.inf


@dataclass(frozen=True, slots=True)
class Tally:
    """What all runs say of the candidate whose true ratio is ``truth``."""

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
    def holds(self) -> bool:
        """Whether verdicts and intervals are right as often as promised; a verdict that is not given is not right."""
        runs, words = len(self.findings), self.words
        if self.truth == 1:
            wrong = sum(words[word] for word in WINNERS)
            return words[UNTESTED] == 0 and wrong <= math.ceil(FALSE_WINNERS * runs)
        return words["faster"] == runs and runs - self.inside <= math.ceil(MISSED_TRUTHS * runs)

    def text(self) -> str:
        """The line of the table."""
        said = (Counter(each.verdict for each in self.findings), self.words)
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


def run_once(stacks: Path, results: Path, seed: int) -> Mapping[str, Any]:
    """One run as the command line makes it; its document."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "stackduel", "run", str(SUITE), "--stacks-file", str(stacks)),
            *("--out", str(results), "--seed", str(seed), "--json", "--quiet"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=RUN_WITHIN_S,
    )
    document: Mapping[str, Any] = json.loads(done.stdout)
    return document


def findings_of(run: Mapping[str, Any]) -> dict[str, Finding]:
    """What a run says of the candidates whose truth is known."""
    return {each["candidate"]: _finding(each) for each in run["comparisons"] if each["candidate"] in TRUTHS}


def _finding(comparison: Mapping[str, Any]) -> Finding:
    speedup, low, high, verdict = (comparison[key] for key in ("speedup", "low", "high", "verdict"))
    if low is None:
        return Finding(verdict, speedup, 0.0, math.inf, verdict)
    found = Interval(speedup, low, high, comparison["confidence"], comparison["blocks"])
    return Finding(verdict, speedup, low, high, decide(found, comparison["margin"], noisy=False))


def tallies(runs: Sequence[Mapping[str, Finding]]) -> list[Tally]:
    """All runs, candidate by candidate."""
    return [Tally(truth, tuple(run[candidate] for run in runs)) for candidate, truth in TRUTHS.items()]


@pytest.mark.performance
def test_runs_find_the_truth() -> None:
    """Over a few runs, equal servers stay equal and 1.50 is always faster."""
    found = tallies(list(measure(5, seed=1)))
    print("", HEADER, *(tally.text() for tally in found), sep="\n")
    assert all(tally.holds for tally in found)


def main() -> int:
    """Print every run and the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="how many (default 40)")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each next has the next (default 1)")
    chosen = parser.parse_args()
    began_s, runs = time.monotonic(), []
    for number, found in enumerate(measure(chosen.runs, chosen.seed), 1):
        runs.append(found)
        said = (
            f"{name} {each.speedup:.3f} ({each.low:.3f}-{each.high:.3f}) {each.verdict}" for name, each in found.items()
        )
        print(f"{number:3d} of {chosen.runs}, {time.monotonic() - began_s:4.0f} s: {'; '.join(said)}", flush=True)
    found_all = tallies(runs)
    print("", HEADER, *(tally.text() for tally in found_all), sep="\n")
    return 0 if all(tally.holds for tally in found_all) else 1


if __name__ == "__main__":
    sys.exit(main())
