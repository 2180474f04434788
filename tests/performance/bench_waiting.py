"""Do stackduel and wrk agree? The suite ``waiting`` on every local stack, each figure taken by both in turn.

``python tests/performance/bench_waiting.py [--stacks A,B] [--connections 10,100,256] [--pairs 3]`` prints a table of
the medians. Each pair measures the same stack, freshly started for each tool, in changing order. Sync workers, which
close each connection and wait until the client has, too, are asked for short answers as well.
Where wrk reports no errors the two should agree within 5 %, or within 10 % where the server's CPU is the limit.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from stackduel.launch.launcher import Started
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, Job
from stackduel.model.budget import divide
from stackduel.model.measurement import Expectation
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.resource_watch import ResourceWatch
from stackduel.observe.resources.settle import settle
from stackduel.planning.registry import registered_stacks
from stackduel.process.cores import usable_cores
from stackduel.verify.exchange import exchange
from tests.performance import wrk

WAITING = "/slow-io?delay=0.1"
SHORT = "/json"
# What each stack is asked for, where it is not waiting alone.
TARGETS = {"flask-sync": (WAITING, SHORT)}
OURS_S = 4.0
# wrk counts from its first connection on: over 5 s the 100 ms before the first answers are 2 %.
WRK_S = 5
CPU_BOUND = 0.85
WRK_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Pair:
    """The same server measured by both: rates in requests per second, wrk's errors, the server's CPU share."""

    ours_rps: float
    wrk_rps: float
    wrk_errors: int
    server_cpu: float


@dataclass(frozen=True, slots=True)
class Line:
    """The medians of a stack's pairs for one target at one number of connections."""

    stack: str
    target: str
    connections: int
    pairs: tuple[Pair, ...]

    @property
    def ratio(self) -> float:
        """Ours over wrk's, the median of the pairs."""
        return statistics.median(pair.ours_rps / pair.wrk_rps for pair in self.pairs)

    @property
    def tolerance(self) -> float | None:
        """How far the two may differ, None where wrk itself reports errors."""
        if any(pair.wrk_errors for pair in self.pairs):
            return None
        cpu = statistics.median(pair.server_cpu for pair in self.pairs)
        return 0.10 if cpu > CPU_BOUND else 0.05

    def text(self) -> str:
        """The line of the table."""
        ours = statistics.median(pair.ours_rps for pair in self.pairs)
        theirs = statistics.median(pair.wrk_rps for pair in self.pairs)
        errors = sum(pair.wrk_errors for pair in self.pairs)
        cpu = statistics.median(pair.server_cpu for pair in self.pairs)
        spread = ", ".join(f"{pair.ours_rps / pair.wrk_rps:.3f}" for pair in self.pairs)
        tolerance = self.tolerance
        agrees = "wrk errors" if tolerance is None else ("yes" if abs(self.ratio - 1) <= tolerance else "NO")
        asked = self.stack if self.target == WAITING else f"{self.stack}, `{self.target}`"
        return (
            f"| {asked} | {self.connections} | {ours:,.0f} | {theirs:,.0f} | {self.ratio:.3f} ({spread}) "
            f"| {errors} | {cpu:.0%} | {agrees} |"
        )


def measure(stacks: Sequence[str], connections: Sequence[int], pairs: int) -> Iterator[Line]:
    """Measure each stack, freshly started, for each of its targets and connections, in interleaved pairs."""
    budget = divide(usable_cores())
    known = registered_stacks()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalLauncher(budget, Path(folder)) as launcher,
        local_engine(budget.generator, shards=1) as engine,
    ):
        for name, target, count in _cases(stacks, connections):
            yield _line(known[name], target, count, pairs, launcher, engine, budget.generator)


def _cases(stacks: Sequence[str], connections: Sequence[int]) -> Iterator[tuple[str, str, int]]:
    """Yield each stack with each of its targets and each number of connections."""
    for name in stacks:
        for target in TARGETS.get(name, (WAITING,)):
            for count in connections:
                yield name, target, count


def _line(
    stack: Stack,
    target: str,
    connections: int,
    pairs: int,
    launcher: LocalLauncher,
    engine: Engine,
    cores: tuple[int, ...],
) -> Line:
    found = []
    for number in range(pairs):
        # A fresh server for each tool: what the first left in the server's queue would slow the second.
        if number % 2:
            with launcher.start(stack) as started:
                wrk_rps, errors = _wrk(started, target, connections, cores)
        with launcher.start(stack) as started:
            ours_rps, cpu = _ours(started, target, connections, engine)
        if not number % 2:
            with launcher.start(stack) as started:
                wrk_rps, errors = _wrk(started, target, connections, cores)
        found.append(Pair(ours_rps, wrk_rps, errors, cpu))
    return Line(stack.name, target, connections, tuple(found))


def _ours(started: Started, target: str, connections: int, engine: Engine) -> tuple[float, float]:
    meter = meter_of(started.subject)
    settle(meter)
    reply = exchange(started.address, target)
    load = ClosedLoop(connections, duration_s=OURS_S, warmup_s=0.3, warmup_requests=connections)
    job = Job(started.address, (Call(Workload(target), Expectation.of(200, reply.body, "body")),), load)
    with ResourceWatch(meter) as watch:
        found = engine.measure(job, at_start=watch.start, at_stop=watch.stop)
    cost = watch.cost()
    assert cost is not None
    assert not found.failed, found.outcomes
    return found.succeeded / found.duration_s, cost.cpu_s / found.duration_s


def _wrk(started: Started, target: str, connections: int, cores: tuple[int, ...]) -> tuple[float, int]:
    settle(meter_of(started.subject))
    found = wrk.asked(f"{started.address.url}{target}", connections, WRK_S, WRK_TIMEOUT_S, cores)
    return found.rate_rps, found.errors


HEADER = (
    "| stack | connections | stackduel req/s | wrk req/s | ratio (each pair) | wrk errors | server CPU | agree |\n"
    "|---|---:|---:|---:|---|---:|---:|---|"
)


@pytest.mark.performance
@pytest.mark.skipif(shutil.which("wrk") is None or sys.platform != "linux", reason="needs wrk and Linux")
@pytest.mark.parametrize("stack", ["flask-gunicorn", "flask-gevent", "flask-sync", "fastapi-uvicorn"])
def test_stackduel_and_wrk_agree(stack: str) -> None:
    """At 10 and 100 connections the medians of interleaved pairs agree within the tolerance."""
    for line in measure([stack], [10, 100], 3):
        print(line.text())
        assert line.tolerance is None or abs(line.ratio - 1) <= line.tolerance


def main() -> None:
    """Print the whole table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stacks", default=",".join(registered_stacks()))
    parser.add_argument("--connections", default="10,100,256")
    parser.add_argument("--pairs", type=int, default=3)
    chosen = parser.parse_args()
    began = time.monotonic()
    print(HEADER, flush=True)
    for line in measure(chosen.stacks.split(","), [int(each) for each in chosen.connections.split(",")], chosen.pairs):
        print(line.text(), flush=True)
    print(f"\n{time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
