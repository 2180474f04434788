"""Servers that exist as formulas alone, so that what a search should find is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from stackduel.model.histogram import Histogram
from stackduel.model.suite import ClosedLoop, OpenLoop
from stackduel.model.trial import Gate, Place, Result, Trial
from stackduel.search.probe import Probe
from tests.stackduel.makers import COST, histogram, measurement, stream_figures

Found = TypeVar("Found")


def carried_out(search: Generator[Probe, Result, Found], serve: Callable[[Probe], Result]) -> tuple[Found, list[Probe]]:
    """Carry out a search on a server; returns what it found and all that it tried."""
    tried: list[Probe] = []
    try:
        probe = next(search)
        while True:
            tried.append(probe)
            probe = search.send(serve(probe))
    except StopIteration as ended:
        found: Found = ended.value
        return found, tried


@dataclass
class Slots:
    """A server with so many waiting slots and one service time: an M/D/c queue's deterministic skeleton, with noise.

    Below ``capacity_rps`` its latencies are the service time, spread by a log-normal factor; above it, a queue grows
    through the window by what is not served (fluid limit). ``wobble`` moves the service time from trial to trial.
    """

    slots: int
    service_s: float
    spread: float = 0.02
    wobble: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        self._draw = np.random.default_rng(self.seed)

    @property
    def capacity_rps(self) -> float:
        return self.slots / self.service_s

    def __call__(self, probe: Probe) -> Trial:
        load = probe.load
        service_s = self.service_s * math.exp(self.wobble * self._draw.standard_normal())
        if isinstance(load, ClosedLoop):
            return self._closed(load, service_s)
        count = round(load.rate_rps * load.duration_s)
        arrivals_s = np.arange(count) / load.rate_rps
        backlog_s = np.maximum(0.0, arrivals_s * (load.rate_rps * service_s / self.slots - 1))
        latencies_ms = 1000 * (backlog_s + service_s * np.exp(self.spread * self._draw.standard_normal(count)))
        return opened(load, latencies_ms.tolist())

    def _closed(self, load: ClosedLoop, service_s: float) -> Trial:
        assert load.duration_s is not None
        busy = min(load.connections, self.slots)
        count = round(busy / service_s * load.duration_s)
        latency_ms = 1000 * service_s * load.connections / busy
        return Trial(Place("it", "closed", 1), "rate", measurement([latency_ms] * count, load.duration_s), COST)


@dataclass(frozen=True)
class StreamSlots:
    """A server of so many slots for streams of 2 s, whose events come 10 ms late, and 80 ms with over ``held``."""

    held: int
    slots: int

    def __call__(self, probe: Probe) -> Trial:
        load = probe.load
        assert isinstance(load, ClosedLoop)
        assert load.duration_s is not None
        begun = min(load.connections, self.slots)
        waiting = min(load.connections - begun, begun)
        late_ms = 10 if load.connections <= self.held else 80
        # What waits begins as the others end, 2 s later; as many of these wait for it.
        figures = stream_figures(
            added=histogram([late_ms] * 500 * begun), ttft=histogram([1] * (begun - waiting) + [2000] * waiting)
        )
        found = replace(measurement([2000] * begun, load.duration_s), streams=figures)
        return Trial(Place("it", "streams", 1), "rate", found, COST)


def opened(load: OpenLoop, latencies_ms: list[float], failed: int = 0) -> Trial:
    """A trial of an open loop in which every request was sent in time."""
    found = replace(
        measurement(latencies_ms, load.duration_s, failed),
        scheduled=len(latencies_ms) + failed,
        service=Histogram.of(np.array([1e6 * each for each in latencies_ms], dtype=np.int64)),
        lateness=Histogram.of(np.zeros(len(latencies_ms), dtype=np.int64)),
    )
    return Trial(Place("it", "open", 1), "time", found, COST)


def void(trial: Trial, gate: str) -> Trial:
    """The trial with a gate of the generator's closed."""
    reason = f"{gate} was closed."
    return replace(trial, state="void", reason=reason, gates=(Gate(gate, False, reason),))
