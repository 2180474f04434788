"""Measure a model alone in this process, at full speed: the ceiling for every web stack that serves it.

``python -m stackduel_servers.models.bench NAME [--pool N] [--requests N | --seconds S] [--warmup N] [--batch K]
[--json]``
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import sys
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stackduel_servers.models.base import Model
from stackduel_servers.models.catalog import CATALOG, OWN
from stackduel_servers.models.device import DEVICES
from stackduel_servers.models.model import load
from stackduel_servers.models.sample_inputs import generate
from stackduel_servers.models.store import OWN_VARIABLE, ModelError

MOST_RUNS = 1_000_000
MOST_TIMES_KEPT = 100_000
# From this many runs on, the largest time is above the true p99 with 99 % confidence.
MIN_RUNS_FOR_P99 = 459
SEED = 4
LOOK_S = 0.5

SampleTimes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run: ``pool`` threads, ``batch`` items in each run, until ``requests`` items or ``seconds`` are over."""

    pool: int
    requests: int | None = 200
    seconds: float | None = None
    warmup: int = 20
    batch: int = 1

    @property
    def runs(self) -> int:
        """Return the most runs of the model."""
        return MOST_RUNS if self.requests is None else -(-self.requests // self.batch)


@dataclass(frozen=True, slots=True)
class Isolated:
    """The result; ``infer_ns`` holds each run's time, or an even selection if there are very many runs."""

    model: str
    plan: Plan
    runs: int
    duration_s: float
    infer_ns: Sequence[int]

    @property
    def requests(self) -> int:
        """Return the number of items in all runs."""
        return self.runs * self.plan.batch

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "model": self.model,
            "pool": self.plan.pool,
            "batch": self.plan.batch,
            "warmup": self.plan.warmup,
            "requests": self.requests,
            "runs": self.runs,
            "duration_s": self.duration_s,
            "rate_rps": self.requests / self.duration_s,
            "infer_ns": list(self.infer_ns),
        }


def usable_cpus() -> int:
    """Return how many CPUs this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def measure(model: Model, plan: Plan, watch: SampleTimes = lambda _done: None) -> Isolated:
    """Run the model as planned on generated input; call ``watch`` twice a second with the number of runs done.

    Raises any error of the model.
    """
    batch = [model.prepare(generate(model.card.takes, SEED + index)) for index in range(plan.batch)]
    race = _Race(plan, lambda: model.infer(batch))
    lanes = [_Lane(race) for _ in range(plan.pool)]
    for lane in lanes:
        lane.start()
    try:
        for lane in lanes:
            while lane.is_alive():
                lane.join(LOOK_S)
                watch(sum(len(each.infer_ns) for each in lanes))
    finally:
        race.is_over.set()
    for error in (lane.error for lane in lanes if lane.error is not None):
        raise error
    every = sorted(itertools.chain.from_iterable(lane.infer_ns for lane in lanes))
    duration_ns = max(lane.ended_ns for lane in lanes) - min(lane.began_ns for lane in lanes)
    return Isolated(model.card.name, plan, len(every), duration_ns / 1e9, _thinned(every))


class _Race:
    """The threads' shared state: a common start, and tickets for the runs, drawn without a lock."""

    def __init__(self, plan: Plan, infer: Callable[[], object]) -> None:
        self.plan = plan
        self.infer = infer
        self.start = threading.Barrier(plan.pool)
        self.tickets = itertools.count()
        self.is_over = threading.Event()


class _Lane(threading.Thread):
    """One thread with its own list of times."""

    def __init__(self, race: _Race) -> None:
        super().__init__(daemon=True)
        self._race = race
        self.infer_ns = array("q")
        self.began_ns = self.ended_ns = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        """Warm up, wait for the others, run; an error ends all of them."""
        race = self._race
        try:
            for _ in range(-(-race.plan.warmup // race.plan.pool)):
                race.infer()
            race.start.wait()
            self._loop()
        except threading.BrokenBarrierError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the threads are joined
            self.error = error
            race.is_over.set()
            race.start.abort()

    def _loop(self) -> None:
        """Draw tickets and run until there are none left or the time is over."""
        race, plan, now, note = self._race, self._race.plan, time.perf_counter_ns, self.infer_ns.append
        infer, tickets, is_over, runs = race.infer, race.tickets, race.is_over.is_set, plan.runs
        self.began_ns = ended_ns = now()
        until_ns = sys.maxsize if plan.seconds is None else ended_ns + int(plan.seconds * 1e9)
        while ended_ns < until_ns and next(tickets) < runs and not is_over():
            began_ns = now()
            infer()
            ended_ns = now()
            note(ended_ns - began_ns)
        self.ended_ns = ended_ns


def _thinned(every: Sequence[int]) -> Sequence[int]:
    """Return at most MOST_TIMES_KEPT of the sorted times, evenly spaced, so that quantiles stay the same."""
    step = len(every) / MOST_TIMES_KEPT
    return every if step <= 1 else [every[int((place + 0.5) * step)] for place in range(MOST_TIMES_KEPT)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one model and print the result; exits with 1 if it cannot run."""
    options = _parser().parse_args(arguments)
    requests = None if options.seconds is not None else options.requests
    plan = Plan(options.pool or usable_cpus(), requests, options.seconds, options.warmup, options.batch)
    environ = {**os.environ, **({OWN_VARIABLE: options.model} if options.model else {})}
    try:
        measured = measure(load(options.name, environ, options.device), plan)
    except ModelError as error:
        sys.stderr.write(f"stackduel_servers.models.bench: {error}\n")
        sys.exit(1)
    sys.stdout.write(f"{json.dumps(measured.to_dict()) if options.json else sentence(measured)}\n")


def sentence(measured: Isolated) -> str:
    """Return the result in one line, with a p99 only if there are enough runs for one."""
    parts = [f"p50 {quantile_ms(measured.infer_ns, 0.5):.2f} ms"]
    if measured.runs >= MIN_RUNS_FOR_P99:
        parts.append(f"p99 {quantile_ms(measured.infer_ns, 0.99):.2f} ms")
    rate = measured.requests / measured.duration_s
    return f"{measured.model}: {', '.join(parts)}, {rate:.1f} req/s, pool of {measured.plan.pool}"


def quantile_ms(sorted_ns: Sequence[int], part: float) -> float:
    """Return the quantile ``part`` of the sorted times, in milliseconds."""
    return sorted_ns[math.ceil(part * len(sorted_ns)) - 1] / 1e6


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stackduel_servers.models.bench", allow_abbrev=False)
    parser.add_argument("name", choices=[*CATALOG, OWN])
    parser.add_argument("--model", metavar="FILE", help="the ONNX file of the model own")
    parser.add_argument("--pool", type=_whole(1, 1024), help="threads; default: one for each usable CPU")
    parser.add_argument("--requests", type=_whole(1, MOST_RUNS), default=200)
    parser.add_argument("--seconds", type=_seconds)
    parser.add_argument("--warmup", type=_whole(0, MOST_RUNS), default=20)
    parser.add_argument("--batch", type=_whole(1, 1024), default=1)
    parser.add_argument("--device", choices=DEVICES, help="default: $INFERENCE_DEVICE")
    parser.add_argument("--json", action="store_true", help="print every run's time as well")
    return parser


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"must be an integer from {low} to {high}, not {text!r}")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"must be a number above 0 and up to 3600, not {text!r}")
    return seconds


if __name__ == "__main__":
    main()
