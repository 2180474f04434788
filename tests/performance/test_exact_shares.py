"""Benches that end in time say how sure their counts are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

import pytest

from tests.performance.bench_truth import Finding, within
from tests.performance.bench_words import Kind, promises
from tests.performance.exact_shares import Budget, Promise, share_text
from tests.truth.noisy_tables import lognormal

HERE = Path(__file__).parent


class Clock:
    """Moves only when it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """The moment."""
        return self.now_s


@pytest.mark.parametrize(
    ("found", "of", "text"),
    [
        (0, 40, "0 of 40, 0 (0-0.0881)"),
        (5, 100, "5 of 100, 0.05 (0.0164-0.113)"),
        (40, 40, "40 of 40, 1 (0.912-1)"),
        (0, 0, "0 of 0"),
    ],
)
def test_a_share_has_its_exact_interval(found: int, of: int, text: str) -> None:
    """The bounds are those of Clopper and Pearson, as tables of them say."""
    assert share_text(found, of) == text


def test_nothing_counted_keeps_no_promise() -> None:
    """A promise of which no run was made is not kept, and one of never is broken by the first."""
    assert not Promise("x", 0, 0, "at most", 0.05).is_kept
    assert Promise("x", 0, 9, "at most", 0).is_kept
    assert not Promise("x", 1, 9, "at most", 0).is_kept
    assert "NOT AS PROMISED" in Promise("x", 20, 40, "at least", 0.95).text


def test_no_run_begins_that_would_not_end_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    """With runs of 25 s, a minute has room for two, and the rest is said to be left out."""
    clock = Clock()

    def measured() -> Iterator[Mapping[str, Finding]]:
        for _ in count():
            clock.now_s += 25
            yield {"same": Finding("equivalent", 1.0, 0.9, 1.1, "equivalent")}

    assert len(list(within(Budget(1, clock), measured(), 40))) == 2
    assert "38 of 40 runs are left out" in capsys.readouterr().out


def test_every_kind_has_its_tables_when_the_time_is_over() -> None:
    """Kinds are drawn in turn, so none is left without tables by the others."""
    clock = Clock()

    class Slow(Kind):
        """Takes 20 s for each chunk."""

        def count(self, first: int, tables: int) -> int:
            """Draw nothing, and let time pass."""
            clock.now_s += 20
            return 0

    slow = [Slow(str(number), lognormal(0.1), 1, "at most", 0.01) for number in range(3)]
    assert [each.of for each in promises(100, Budget(1, clock), slow, chunk=10)] == [10, 10, 10]


@pytest.mark.usefixtures("uncovered_children")
@pytest.mark.parametrize("bench", ["bench_truth.py", "bench_words.py"])
def test_the_benches_show_their_options(bench: str) -> None:
    """They explain themselves as scripts, and refuse a budget of nothing."""
    shown = subprocess.run([sys.executable, HERE / bench, "--help"], capture_output=True, text=True, check=True)
    assert "--budget MINUTES" in shown.stdout
    refused = subprocess.run([sys.executable, HERE / bench, "--budget", "0"], capture_output=True, check=False)
    assert refused.returncode == 2
