"""The worth of the load engine: beside other tools on one server in the same minutes, and its cost by itself.

``python tests/performance/bench_engine.py`` prints four sections, ``--only NAME`` some of them:

clients    requests a second, and for a second of the client's CPU, of the engine's drivers and of the other tools
           that are installed. Server and clients have a core each, the clients one after another in an order that
           changes. Targets are judged by the ratios within rounds.
memory     how much a new shard grows between its first hundred thousand requests and a million, and in a million more.
recording  what it takes to record a request and to count it.
run        how much longer a stored run took than it measured (``--run results/ID``).

It exits with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, Interval, interval, log_ratios
from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, Job
from stackduel.load.recording.recorder import Recorder
from stackduel.model.driver import DriverName
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Expectation
from stackduel.model.suite import ClosedLoop
from stackduel.model.target import Address
from stackduel.model.trial import Trial
from stackduel.storage import run_file
from tests.performance.fast_server import BODY, CLIENT_CORE, WORKLOAD, serving
from tests.performance.load_tools import CONNECTIONS, Client, Figures, installed

pytestmark = pytest.mark.performance

ROUNDS = 7
DURATION_S = 3
WARMUP_S = 0.3
# Requests for a second of CPU, the raw driver over the other.
TARGETS = {"wrk": 0.8, "aiohttp": 8.0, "locust": 12.0}
EARLY, LATE, LATER = 100_000, 1_000_000, 2_000_000
TRIES = 40
MOST_GROWTH = 0.10
MOST_RECORDING_NS = 150.0
MOST_OVERHEAD = 1.25


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was found, and whether it is as it should be; None where the figures leave that open."""

    text: str
    ok: bool | None = True

    def __str__(self) -> str:
        return self.text + {True: "", False: "  MISSED", None: "  open"}[self.ok]


def clients(rounds: int, duration_s: int, paths: Mapping[str, str | None]) -> Iterator[Line]:
    """Every client in every round, in an order drawn anew for each; then the medians, and the ratios."""
    order, found = random.Random(7), dict[str, list[Figures]]()
    tools = installed(paths)
    with ExitStack() as held:
        server, address = held.enter_context(serving())
        one, two = (held.enter_context(local_engine((CLIENT_CORE,), shards)) for shards in (1, 2))
        all_clients = {
            "raw": driver(one, "raw"),
            "raw, 2 shards": driver(two, "raw"),
            "aiohttp": driver(one, "aiohttp"),
        }
        all_clients |= {name: tool for name, tool in tools.items() if tool is not None}
        for number in range(1, rounds + 1):
            for name in order.sample(list(all_clients), len(all_clients)):
                found.setdefault(name, []).append(all_clients[name](address, duration_s))
            print(f"round {number} of {rounds}", file=sys.stderr)
    yield Line(f"{rounds} rounds of {duration_s} s with {CONNECTIONS} connections on {server}, medians:")
    yield Line(f"{'client':<14}{'req/s':>9}{'CPU':>7}{'req/CPU-s':>11}{'p50 ms':>9}{'p99 ms':>9}")
    yield from (Line(row(name, found[name])) for name in all_clients)
    yield from (Line(f"{name:<14}{'not installed':>16}") for name, tool in tools.items() if tool is None)
    for other in all_clients:
        if other != "raw":
            yield judged(other, [each.per_cpu_s for each in found["raw"]], [each.per_cpu_s for each in found[other]])


def driver(engine: Engine, name: DriverName) -> Client:
    """One of the engine's drivers, as it measures."""

    def measure(address: Address, duration_s: int) -> Figures:
        load = ClosedLoop(CONNECTIONS, duration_s=duration_s, warmup_s=WARMUP_S)
        found = engine.measure(job(address, load, name))
        if found.failed:
            raise ValueError(f"{name}: {found.outcomes}")
        p50_ms, p99_ms = (found.latency.quantile_ns(q) / 1e6 for q in (0.5, 0.99))
        return Figures(found.succeeded / duration_s, found.generator.cpu_s / duration_s, p50_ms, p99_ms)

    return measure


def job(address: Address, load: ClosedLoop, name: DriverName) -> Job:
    """A load of the fast server, every answer compared."""
    return Job(address, (Call(WORKLOAD, Expectation.of(200, BODY, "body")),), load, driver=name)


def row(name: str, figures: Sequence[Figures]) -> str:
    """A client's line of the table: the medians of its rounds."""
    values = zip(*((f.rate_rps, f.cpu_share, f.per_cpu_s, f.p50_ms, f.p99_ms) for f in figures), strict=True)
    return "{:<14}{:>9.0f}{:>7.0%}{:>11.0f}{:>9.2f}{:>9.2f}".format(name, *map(statistics.median, values))


def judged(other: str, ours: Sequence[float], theirs: Sequence[float]) -> Line:
    """The ratio within rounds and its interval, and where it lies from the target if there is one."""
    found = interval(log_ratios(ours, theirs), comparisons=len(TARGETS))
    if found is None:
        return Line(f"raw / {other}: no interval below {FEWEST_BLOCKS} rounds", None if other in TARGETS else True)
    text = f"raw / {other}: {found.ratio:.2f} ({found.low:.2f}-{found.high:.2f}) requests for a second of CPU"
    if other not in TARGETS:
        return Line(text)
    return Line(f"{text}, target {TARGETS[other]:g}", reached(found, TARGETS[other]))


def reached(found: Interval, target: float) -> bool | None:
    """Whether a ratio reaches its target; None where the target lies within the interval."""
    return found.low >= target if found.low >= target or found.high < target else None


def memory() -> Iterator[Line]:
    """The resident memory of a shard that goes on and on."""
    sizes: dict[int, tuple[int, int]] = {}
    with serving() as (_, address), local_engine((CLIENT_CORE,), 1) as engine:
        (shard,) = (each for each in psutil.Process().children() if "stackduel.load.shards.worker" in each.cmdline())

        def look(requests: int, _elapsed_s: float, _recent_ms: float | None) -> None:
            for mark in (EARLY, LATE, LATER):
                if requests >= mark and mark not in sizes:
                    sizes[mark] = requests, shard.memory_info().rss

        # A little more, so that somebody looks when the last mark is reached.
        engine.measure(job(address, ClosedLoop(CONNECTIONS, requests=LATER + 2 * EARLY), "raw"), progress=look)
    said = ", ".join(f"{size / 2**20:.1f} MiB after {requests:,} requests" for requests, size in sizes.values())
    growth, further = sizes[LATE][1] / sizes[EARLY][1] - 1, sizes[LATER][1] / sizes[LATE][1] - 1
    text = f"memory of a shard: {said}: {growth:+.1%} to the second, then {further:+.1%}"
    yield Line(f"{text}, target at most {MOST_GROWTH:.0%} each", max(growth, further) <= MOST_GROWTH)


def recording() -> Iterator[Line]:
    """CPU time, the least of some tries: a request recorded and folded in batches of 3,000, and a value counted."""
    moments = (np.arange(3_000) * 1e-5).tolist()

    def record() -> None:
        recorder = Recorder(width_s=0.1)
        recorder.open(0.0, 10.0)
        note_sent, note_done = recorder.appends
        for _ in range(30):
            for moment in moments:
                note_sent(moment)
                note_done(moment)
            recorder.fold()

    values = np.random.default_rng(1).lognormal(14, 1, 100_000).astype(np.int64)
    loop_s = _least_s(lambda: [None for _ in range(30) for _ in moments])
    recording_ns = 1e9 * (_least_s(record) - loop_s) / (30 * len(moments))
    counting_ns = 1e9 * _least_s(lambda: Histogram.of(values)) / values.size
    text = f"recording takes {recording_ns:.0f} ns a request, target at most {MOST_RECORDING_NS:.0f}"
    yield Line(text, recording_ns <= MOST_RECORDING_NS)
    yield Line(f"sorting into a histogram takes {counting_ns:.0f} ns a value")


def _least_s(action: Callable[[], object]) -> float:
    durations_s = []
    for _ in range(TRIES):
        begun_s = time.process_time()
        action()
        durations_s.append(time.process_time() - begun_s)
    return min(durations_s)


def run_overhead(where: Path) -> Iterator[Line]:
    """From the run's beginning until its last file was written, over the seconds of its windows and warm-ups.

    Only a run that went through at once, and whose files keep their times, tells this.
    """
    run = run_file.load(where)
    if run.status != "complete":
        raise ValueError(f"{where}: the run is {run.status}, not complete")
    file = where / run_file.RUN_FILE if where.is_dir() else where
    wall_s = file.stat().st_mtime - datetime.fromisoformat(run.started).timestamp()
    found = [result.measurement for result in run.results if isinstance(result, Trial)]
    measured_s = sum(each.duration_s + each.warmup.duration_s for each in found)
    text = f"{run.run_id}: {wall_s:.0f} s for {measured_s:.0f} s of windows and warm-ups in {len(found)} trials"
    yield Line(
        f"{text}: {wall_s / measured_s:.2f}, target at most {MOST_OVERHEAD}", wall_s <= MOST_OVERHEAD * measured_s
    )


def test_the_raw_driver_is_worth_its_cpu() -> None:
    """For the same CPU time it misses no target beside wrk, aiohttp and locust, as far as they are installed."""
    _show_and_judge(clients(FEWEST_BLOCKS, DURATION_S, {}))


def test_memory_is_flat() -> None:
    """A shard hardly grows between a hundred thousand requests and a million."""
    _show_and_judge(memory())


def test_recording_costs_next_to_nothing() -> None:
    """To record a request and to fold it away takes less than 150 ns."""
    _show_and_judge(recording())


def _show_and_judge(lines: Iterator[Line]) -> None:
    found = list(lines)
    print("", *found, sep="\n")
    assert not [line for line in found if line.ok is False]


def main() -> int:
    """Print the sections; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=["clients", "memory", "recording", "run"], default=[])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of the clients (default {ROUNDS})")
    parser.add_argument("--duration", type=int, default=DURATION_S, help=f"seconds of each (default {DURATION_S})")
    parser.add_argument("--locust", metavar="PATH", help="where locust is, if not on the PATH")
    parser.add_argument("--autocannon", metavar="PATH", help="where autocannon is, if not on the PATH")
    parser.add_argument("--run", type=Path, metavar="RUN", help="a stored run, its folder or its run.json")
    chosen = parser.parse_args()
    if "run" in chosen.only and chosen.run is None:
        parser.error("--only run needs --run")
    paths = {"locust": chosen.locust, "autocannon": chosen.autocannon}
    sections: dict[str, Callable[[], Iterator[Line]]] = {
        "clients": lambda: clients(chosen.rounds, chosen.duration, paths),
        "memory": memory,
        "recording": recording,
    }
    if chosen.run is not None:
        sections["run"] = lambda: run_overhead(chosen.run)
    missed = 0
    for name, section in sections.items():
        if not chosen.only or name in chosen.only:
            for line in section():
                print(line, flush=True)
                missed += line.ok is False
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
