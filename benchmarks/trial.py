"""What a measurement is: a trial of one scenario on one stack, or the failure to get one (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.measurement import Measurement
from benchmarks.suite import Metric

State = Literal["ok", "noisy", "void"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the stack spent in the window: CPU seconds, and its peak memory in MiB."""

    cpu_s: float
    memory_peak_mib: float


@dataclass(frozen=True, slots=True)
class Gate:
    """One check of whether a trial may count, with a sentence on what it saw."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class HostNoise:
    """What the host did besides during a window; None where the system does not tell.

    ``steal`` is the share of all CPU time that the hypervisor took away, ``foreign_cpu`` that of processes which
    are neither the stack's nor the runner's nor the downstream's. ``throttled_s`` is for how many seconds the
    generator was held back by a CPU quota.
    """

    steal: float | None = None
    foreign_cpu: float | None = None
    throttled_s: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trial stands in a run: which stack, which scenario, which block, which attempt (from 1)."""

    stack: str
    scenario: str
    block: int
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Trial:
    """One scenario measured once on one stack. ``cost`` is None where the stack runs elsewhere, ``noise`` where
    nobody looked at the host.
    """

    place: Place
    metric: Metric
    measurement: Measurement
    cost: Cost | None
    state: State = "ok"
    reason: str | None = None
    gates: tuple[Gate, ...] = ()
    noise: HostNoise | None = None

    @property
    def rate_rps(self) -> float:
        """Requests answered rightly within the window, per second of it."""
        return self.measurement.completed / self.measurement.duration_s

    @property
    def time_ms(self) -> float | None:
        """The median time of a request that succeeded, in milliseconds."""
        latency = self.measurement.latency
        return latency.quantile_ns(0.5) / 1e6 if latency.count else None

    @property
    def cpu_ms_per_request(self) -> float | None:
        """Server CPU milliseconds per request answered rightly."""
        if self.cost is None or not self.measurement.succeeded:
            return None
        return 1000 * self.cost.cpu_s / self.measurement.succeeded

    @property
    def score(self) -> float | None:
        """What comparisons use, greater is better: the rate, or the inverse of the time of a request.

        None where nothing succeeded: no ratio can be made of that.
        """
        if not self.measurement.succeeded:
            return None
        if self.metric == "rate":
            return self.rate_rps
        return 1000 / self.time_ms if self.time_ms else None


@dataclass(frozen=True, slots=True)
class Failure:
    """A trial that did not measure, and why; never a zero."""

    place: Place
    reason: str


Result = Trial | Failure


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate against the baseline in one scenario.

    ``speedup`` above 1 is better, whatever the metric. ``low`` and ``high`` bound it with ``confidence``, and are None
    where too few blocks were measured; ``binds`` names the ceiling, once ceilings are computed.
    """

    scenario: str
    baseline: str
    candidate: str
    metric: Metric
    speedup: float
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    verdict: str = "not tested"
    binds: str | None = None
