"""A trial of one scenario on one stack, or the failure to measure one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from stackduel.model.gpu_use import GpuUse
from stackduel.model.histogram import percentile_ms
from stackduel.model.measurement import Measurement
from stackduel.model.stream_figures import LEAST_DELAY_MS
from stackduel.model.suite import Metric

TrialState = Literal["ok", "noisy", "void"]
FailureState = Literal["failed", "void"]


class Memory(NamedTuple):
    """How much memory a stack held in the mean around a moment, in seconds since the window's opening."""

    t_s: float
    mib: float


@dataclass(frozen=True, slots=True)
class Cost:
    """The stack's use in the window: CPU seconds, peak memory in MiB, and memory over time."""

    cpu_s: float
    memory_peak_mib: float
    memory: tuple[Memory, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """One check of whether a trial may count, with a sentence on what it saw."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class HostNoise:
    """The host's other work during the window; None where the system does not report it.

    ``steal`` is the share of all CPU time that the hypervisor took away, ``foreign_cpu`` that of processes which
    are neither the stack's nor the runner's nor the downstream's. ``throttled_s`` is for how many seconds the
    generator was held back by a CPU quota. ``server_taken`` is the share of the time of the server's own cores that
    others took, the hypervisor included. ``pause_ms`` is what the hypervisor took from one core at a stretch, at the
    most: it is looked at where a service level is searched for.
    """

    steal: float | None = None
    foreign_cpu: float | None = None
    throttled_s: float | None = None
    server_taken: float | None = None
    pause_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Inside:
    """A server's own statistics of a window: mean milliseconds of a request, by span.

    ``batch_mean`` is how many requests shared a run of the model in the mean.
    """

    requests: int
    batch_mean: float
    spans_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trial stands in a run: which stack, which scenario, which block, which attempt (from 1)."""

    stack: str
    scenario: str
    block: int
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Trial:
    """One scenario measured once on one stack.

    ``cost`` is None where the stack runs elsewhere, ``noise`` where nobody looked at the host. ``downstream_cpu_s`` is
    what the downstream spent in the window, ``proxy_cpu_s`` the proxy in front of the stack, ``null_rate_rps`` what the
    same load gets from a server that does nothing; they are None where they are not known, or there is no proxy.
    ``gpu`` is what the graphics processors did, None where
    none can be observed. ``inside`` is what a Triton counted itself, None for all others. ``sample`` is one of
    the answers that were not right, in words; None where there is none. ``worker_timeouts`` is how many workers
    Gunicorn killed meanwhile because they gave no sign of life, or fewer where its log was too long to be kept in view;
    None where nobody looked.
    """

    place: Place
    metric: Metric
    measurement: Measurement
    cost: Cost | None
    state: TrialState = "ok"
    reason: str | None = None
    gates: tuple[Gate, ...] = ()
    noise: HostNoise | None = None
    downstream_cpu_s: float | None = None
    null_rate_rps: float | None = None
    proxy_cpu_s: float | None = None
    gpu: GpuUse | None = None
    inside: Inside | None = None
    sample: str | None = None
    worker_timeouts: int | None = None

    @property
    def counts(self) -> bool:
        """Whether it may be compared: a void trial is shown and never counted."""
        return self.state != "void"

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
    def cpu_us_per_event(self) -> float | None:
        """The server's CPU microseconds for each event of its streams; None where nobody knows, or no event came."""
        streams = self.measurement.streams
        if streams is None or self.cost is None or not streams.events:
            return None
        return 1e6 * self.cost.cpu_s / streams.events

    @property
    def event_p99_ms(self) -> float | None:
        """The p99 of the added delay of its events, in milliseconds; None where they have none, or are too few."""
        streams = self.measurement.streams
        return None if streams is None else percentile_ms(streams.added, 0.99)

    @property
    def figure(self) -> float | None:
        """The figure that is compared, in the unit of its metric."""
        match self.metric:
            case "rate":
                return self.rate_rps
            case "time":
                return self.time_ms
            case "event_cpu":
                return self.cpu_us_per_event
        return self.event_p99_ms

    @property
    def score(self) -> float | None:
        """Return the figure that comparisons use, greater is better: the rate, or the inverse of a time.

        None where nothing succeeded: no ratio can be made of that.
        """
        if not self.measurement.succeeded:
            return None
        if self.metric == "rate":
            return self.rate_rps
        time = self.figure
        if time is not None and self.metric == "event_delay":
            time = max(time, LEAST_DELAY_MS)
        return 1000 / time if time else None


@dataclass(frozen=True, slots=True)
class Failure:
    """A trial that did not measure, and why; never a zero.

    Where a part of the sandbox ended meanwhile the ``state`` is void: that is no doing of the stack's, and the trial is
    measured again. ``by_generator`` says, while the run goes on, that the load generator was at fault.
    """

    place: Place
    reason: str
    state: FailureState = "failed"
    by_generator: bool = field(default=False, compare=False)


Result = Trial | Failure


def counting_trials(results: Iterable[Result]) -> list[Trial]:
    """Return the trials that count: neither the void ones nor the failures."""
    return [each for each in results if isinstance(each, Trial) and each.counts]


def trials_by_place(results: Iterable[Result]) -> dict[tuple[str, str], list[Trial]]:
    """Return the trials that count, by (scenario, stack), wherever there are any."""
    found: dict[tuple[str, str], list[Trial]] = {}
    for each in counting_trials(results):
        found.setdefault((each.place.scenario, each.place.stack), []).append(each)
    return found
