"""Little's law over a window with edges: the gate that holds the counts, times and rates of a trial together.

Over any window, the time that requests spent in flight in it is the sum of the latencies of those that completed
in it, less what these had spent before it opened, plus what those cut off had spent when it closed (J. D. C. Little,
A proof for the queuing formula L = lambda W, Operations Research 9, 1961; for windows with edges, S.-H. Kim and
W. Whitt, Statistical analysis with Little's law, Operations Research 61, 2013). Divided by its length: the mean number
in flight is rate x mean latency, but for the edges.

The edges are no noise that a percentage could cover. Ten connections that all wait 100 ms in step, seen for 1.5 s,
may show up to one round more in flight than completed: a fifteenth, and nothing is wrong. So the bound is in two
parts: the edges by what they can hold at most, and the tolerance for everything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.analysis.gates import METHOD, Thresholds
from stackduel.model.measurement import Measurement
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Gate

NAME = "littles-law"


def littles_law(window: Measurement, load: ClosedLoop, bounds: Thresholds = METHOD) -> Gate:
    """Check that the mean number in flight is rate x mean latency, within the edges and ``bounds.littles_law``."""
    if not window.succeeded or not window.duration_s:
        return Gate(NAME, True, "Cannot be checked: no request got a right answer.")
    expected = _expected(window, load)
    slack = bounds.littles_law * window.in_flight_mean
    ok = expected.low - slack <= window.in_flight_mean <= expected.high + slack
    detail = (
        f"{window.in_flight_mean:.2f} requests in flight, where {window.succeeded / window.duration_s:,.1f} a second x "
        f"{window.latency.mean_ns / 1e6:.1f} ms is {expected.plain:.2f}, with the window's edges {expected.low:.2f} to "
        f"{expected.high:.2f} (bound {100 * bounds.littles_law:.0f} % beyond)."
    )
    return Gate(NAME, ok, detail)


@dataclass(frozen=True, slots=True)
class _Expected:
    """How many requests are in flight on average: by rate and latency alone, and at least and most with the edges."""

    plain: float
    low: float
    high: float


def _expected(window: Measurement, load: ClosedLoop) -> _Expected:
    window_s = window.duration_s
    plain = window.latency.total_ns / 1e9 / window_s
    slowest_s = window.latency.max_ns / 1e9
    # Each connection had one request at the opening: almost all of its latency may lie before the window.
    before = min(load.connections, window.succeeded) * slowest_s / window_s
    after = window.cut_off_s / window_s
    # Latencies are those of successes: a failure may have been in flight for any part of the window.
    failing = min(window.failed, load.connections)
    return _Expected(plain, max(0.0, plain - before + after), plain + after + failing)
