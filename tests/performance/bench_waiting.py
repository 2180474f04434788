"""Do stackduel and wrk agree? The suite ``waiting`` on every local stack, each figure taken by both in turn.

``python tests/performance/bench_waiting.py [--stacks A,B] [--connections 10,100,256] [--pairs 3]`` prints a table of
the medians. Each pair measures the same stack, freshly started for each tool, in changing order.
Where wrk reports no errors the two should agree within 5 %, or within 10 % where the server's CPU is the limit.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

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

TARGET = "/slow-io?delay=0.1"
OURS_S = 4.0
# wrk counts from its first connection on: over 5 s the 100 ms before the first answers are 2 %.
WRK_S = 5
CPU_BOUND = 0.85
# wrk's own hook for its results, so that no text meant for people is parsed.
WRK_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("\\nRESULT %d %d %d\\n", summary.requests, summary.duration, failed))
end
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same server measured by both: rates in requests per second, wrk's errors, the server's CPU share."""

    ours_rps: float
    wrk_rps: float
    wrk_errors: int
    server_cpu: float


@dataclass(frozen=True, slots=True)
class Line:
    """The medians of a stack's pairs at one number of connections."""

    stack: str
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
        wrk = statistics.median(pair.wrk_rps for pair in self.pairs)
        errors = sum(pair.wrk_errors for pair in self.pairs)
        cpu = statistics.median(pair.server_cpu for pair in self.pairs)
        spread = ", ".join(f"{pair.ours_rps / pair.wrk_rps:.3f}" for pair in self.pairs)
        tolerance = self.tolerance
        agrees = "wrk errors" if tolerance is None else ("yes" if abs(self.ratio - 1) <= tolerance else "NO")
        return (
            f"| {self.stack} | {self.connections} | {ours:,.0f} | {wrk:,.0f} | {self.ratio:.3f} ({spread}) "
            f"| {errors} | {cpu:.0%} | {agrees} |"
        )


def measure(stacks: Sequence[str], connections: Sequence[int], pairs: int) -> Iterator[Line]:
    """Measure each stack, freshly started, at each number of connections, in interleaved pairs."""
    budget = divide(usable_cores())
    known = registered_stacks()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalLauncher(budget, Path(folder)) as launcher,
        local_engine(budget.generator, shards=1) as engine,
    ):
        script = Path(folder) / "report.lua"
        script.write_text(WRK_REPORT)
        for name in stacks:
            for count in connections:
                yield _line(known[name], count, pairs, launcher, engine, script, budget.generator)


def _line(
    stack: Stack,
    connections: int,
    pairs: int,
    launcher: LocalLauncher,
    engine: Engine,
    script: Path,
    cores: tuple[int, ...],
) -> Line:
    found = []
    for number in range(pairs):
        # A fresh server for each tool: what the first left in the server's queue would slow the second.
        if number % 2:
            with launcher.start(stack) as started:
                wrk_rps, errors = _wrk(started, connections, script, cores)
        with launcher.start(stack) as started:
            ours_rps, cpu = _ours(started, connections, engine)
        if not number % 2:
            with launcher.start(stack) as started:
                wrk_rps, errors = _wrk(started, connections, script, cores)
        found.append(Pair(ours_rps, wrk_rps, errors, cpu))
    return Line(stack.name, connections, tuple(found))


def _ours(started: Started, connections: int, engine: Engine) -> tuple[float, float]:
    meter = meter_of(started.subject)
    settle(meter)
    reply = exchange(started.address, TARGET)
    load = ClosedLoop(connections, duration_s=OURS_S, warmup_s=0.3, warmup_requests=connections)
    job = Job(started.address, (Call(Workload(TARGET), Expectation.of(200, reply.body, "body")),), load)
    with ResourceWatch(meter) as watch:
        found = engine.measure(job, at_start=watch.start, at_stop=watch.stop)
    cost = watch.cost()
    assert cost is not None
    assert not found.failed, found.outcomes
    return found.succeeded / found.duration_s, cost.cpu_s / found.duration_s


def _wrk(started: Started, connections: int, script: Path, cores: tuple[int, ...]) -> tuple[float, int]:
    settle(meter_of(started.subject))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)  # inherited by wrk
    try:
        done = subprocess.run(
            [
                *("wrk", "-t1", f"-c{connections}", f"-d{WRK_S}s", "--timeout", "30s"),
                *("-s", str(script), f"{started.address.url}{TARGET}"),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        os.sched_setaffinity(0, before)
    fields = next(line.split() for line in done.stdout.splitlines() if line.startswith("RESULT"))
    requests, duration_us, errors = map(int, fields[1:])
    return requests / (duration_us / 1e6), errors


HEADER = (
    "| stack | connections | stackduel req/s | wrk req/s | ratio (each pair) | wrk errors | server CPU | agree |\n"
    "|---|---:|---:|---:|---|---:|---:|---|"
)


@pytest.mark.performance
@pytest.mark.skipif(shutil.which("wrk") is None or sys.platform != "linux", reason="needs wrk and Linux")
@pytest.mark.parametrize("stack", ["flask-gunicorn", "flask-gevent", "fastapi-uvicorn"])
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
