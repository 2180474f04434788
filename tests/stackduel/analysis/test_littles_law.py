"""Little's law on simulated closed loops: healthy ones pass at any window, lost records do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stackduel.analysis.gates import KINDS
from stackduel.analysis.littles_law import littles_law
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Measurement
from stackduel.model.suite import ClosedLoop
from tests.stackduel.makers import measurement

Seconds = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Seconds]

SHAPES: dict[str, Draw] = {
    "constant": lambda draw, shape: np.full(shape, 0.1),
    "in turns": lambda draw, shape: np.full(shape, 0.1) * (1 + np.arange(shape[0])[:, None] / shape[0]),
    "exponential": lambda draw, shape: draw.exponential(0.1, shape),
    "long tail": lambda draw, shape: draw.lognormal(-3.3, 1.2, shape),
    "bimodal": lambda draw, shape: np.where(draw.random(shape) < 0.02, 2.0, 0.06),
}


class Loop:
    """A closed loop over one window: when each request was sent and answered, connection by connection."""

    def __init__(self, shape: str, connections: int, opened_s: float, duration_s: float, seed: int) -> None:
        draw = np.random.default_rng(seed)
        needed = int((opened_s + duration_s) / 0.02) + 50
        latencies_s = SHAPES[shape](draw, (connections, needed))
        done_s = np.cumsum(latencies_s, axis=1)
        self.sent_s = (done_s - latencies_s).ravel() - opened_s
        self.done_s = done_s.ravel() - opened_s
        self.duration_s = duration_s
        self.load = ClosedLoop(connections, duration_s=duration_s)

    def overlap_s(self, chosen: NDArray[np.bool_]) -> float:
        """How long the chosen requests were in flight within the window, all together."""
        spent_s = np.minimum(self.done_s, self.duration_s) - np.maximum(self.sent_s, 0.0)
        return float(spent_s[chosen & (spent_s > 0)].sum())

    @property
    def cut_off(self) -> NDArray[np.bool_]:
        """Which requests were in flight when the window closed."""
        return (self.sent_s < self.duration_s) & (self.done_s > self.duration_s)

    def measured(self) -> Measurement:
        """Return what a generator without a fault would bring home."""
        inside = (self.done_s >= 0) & (self.done_s <= self.duration_s)
        latencies_s = (self.done_s - self.sent_s)[inside]
        return replace(
            measurement([], self.duration_s),
            requests=latencies_s.size,
            succeeded=latencies_s.size,
            cut_off=int(self.cut_off.sum()),
            cut_off_s=self.overlap_s(self.cut_off),
            latency=Histogram.of(np.rint(latencies_s * 1e9).astype(np.int64)),
            in_flight_mean=self.overlap_s(np.ones_like(inside)) / self.duration_s,
        )


@given(st.sampled_from(sorted(SHAPES)), st.integers(1, 40), st.floats(0, 3), st.floats(0.3, 3), st.integers(0, 10_000))
def test_healthy_loops_pass(shape: str, connections: int, opened_s: float, duration_s: float, seed: int) -> None:
    """Whatever the latencies and wherever the window cuts them, even with few requests a connection, it is open."""
    loop = Loop(shape, connections, opened_s, duration_s, seed)
    gate = littles_law(loop.measured(), loop.load)
    assert gate.ok, gate.detail
    assert gate.name in KINDS


def test_a_percentage_alone_would_be_wrong() -> None:
    """Connections in step, seen for 1.5 s from just after an answer, show 6 % more in flight than rate x latency."""
    loop = Loop("constant", connections=10, opened_s=0.501, duration_s=1.498, seed=1)
    found = loop.measured()
    product = found.succeeded / found.duration_s * found.latency.mean_ns / 1e9
    assert found.in_flight_mean / product > 1.06
    assert littles_law(found, loop.load).ok


@pytest.mark.parametrize("lost", [0.1, 0.5])
def test_lost_records_close_the_gate(lost: float) -> None:
    """In a window of ten seconds, a tenth of the answers missing from the histogram closes the gate."""
    loop = Loop("exponential", connections=16, opened_s=1.0, duration_s=10.0, seed=3)
    found = loop.measured()
    kept = round(found.succeeded * (1 - lost))
    thinned = Histogram.of(np.full(kept, round(found.latency.mean_ns), dtype=np.int64))
    found = replace(found, requests=kept, succeeded=kept, latency=thinned)
    assert not littles_law(found, loop.load).ok


def test_latencies_that_are_too_long_close_the_gate() -> None:
    """Times that were longer than the requests can have been in flight close the gate."""
    loop = Loop("constant", connections=16, opened_s=1.03, duration_s=10.0, seed=3)
    found = loop.measured()
    inflated = Histogram.of(np.full(found.succeeded, 110_000_000, dtype=np.int64))
    assert littles_law(found, loop.load).ok
    assert not littles_law(replace(found, latency=inflated), loop.load).ok


def test_a_server_that_falls_silent_is_not_the_generators_fault() -> None:
    """Requests unanswered for the last third of the window are the server's: known, their time explains itself."""
    found = replace(measurement([10.0] * 2000, duration_s=3.0), cut_off=10, in_flight_mean=10.0)
    load = ClosedLoop(10, duration_s=3.0)
    assert littles_law(replace(found, cut_off_s=10.0), load).ok
    assert not littles_law(replace(found, cut_off_s=0.0), load).ok


def test_known_time_of_those_cut_off_must_be_in_flight() -> None:
    """Where requests are said to have waited for a third of the window, that third shows in those in flight."""
    found = replace(measurement([10.0] * 3000, duration_s=3.0), cut_off=10, in_flight_mean=10.0)
    load = ClosedLoop(10, duration_s=3.0)
    assert littles_law(replace(found, cut_off_s=0.05), load).ok
    assert not littles_law(replace(found, cut_off_s=10.0), load).ok


def test_failures_may_have_taken_any_time() -> None:
    """The latencies of failures are not recorded, so a loop of which a connection only failed passes."""
    found = replace(measurement([100.0] * 180, duration_s=2.0, failed=1), cut_off=0, in_flight_mean=10.0)
    assert littles_law(found, ClosedLoop(10, duration_s=2.0)).ok
    assert not littles_law(replace(found, failed=0, requests=180), ClosedLoop(10, duration_s=2.0)).ok


def test_without_an_answer_there_is_nothing_to_tell() -> None:
    """No right answer has no mean latency: a result of the server's, and open."""
    found = measurement([], failed=5)
    gate = littles_law(found, ClosedLoop(10, duration_s=2.0))
    assert gate.ok
    assert gate.detail.startswith("Cannot be checked: ")
