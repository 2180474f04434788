"""Suites of scenarios, each one or more workloads under a load."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from msgspec import Struct

from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.budget import DEFAULT_MEMORY_MIB
from stackduel.model.model_input import ModelInput
from stackduel.model.prices import Prices
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.search_settings import (
    BreakingPointSettings,
    CapacitySettings,
    SearchSettings,
    SustainedSettings,
)
from stackduel.model.speedup_claim import SpeedupClaim
from stackduel.model.tune_settings import TuneSettings
from stackduel.model.value_rows import ValueRows

Check = Literal["content", "body", "length", "status", "numbers"]
# What is compared between stacks: correct answers a second, the time of a request, and of event streams the server's
# CPU time for an event or the p99 of the added delay.
Metric = Literal["rate", "time", "event_cpu", "event_delay"]
ArrivalProcess = Literal["constant", "poisson", "gamma"]
StreamFormat = Literal["sse", "websocket", "openai"]
MessageKind = Literal["text", "binary"]
DatabaseName = Literal["postgresql"]


@dataclass(frozen=True, slots=True)
class Workload:
    """One request, repeated: its parts as they go over the wire and what a right answer is.

    ``check`` says how far each answer is compared with the verified one: its ``status`` alone, its
    ``length`` too, its ``body`` byte for byte, or its ``content``: JSON as values, in which nothing at the places of
    ``ignore`` counts, and without its encoding. Of several workloads in one load, each is sent in proportion to its
    ``weight``. ``wait_s`` is how long its owner says that it waits, None where nobody says it. With ``values`` it
    stands for a request of each row, which share its weight. Nothing is filled in in a ``verbatim`` body. Where the
    answer is a ``stream``, ``check`` is about its events: their number is its ``length``. With ``websocket``
    the body is a message of that kind on an open WebSocket, and the answer is the next message that comes.

    A request to a ``model`` has no body before it is translated for a stack
    (``stackduel.inference.translation``): what is ``given`` to the model is a recipe. On KServe servers the model may
    be ``served_as`` another. With ``check`` = ``numbers`` its outputs may differ by ``tolerance``: absolutely up to 1,
    beyond that relative to the right number. All four are None where no model is asked.
    """

    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    status: int = 200
    check: Check = "body"
    weight: int = 1
    model: str | None = None
    given: ModelInput | None = None
    served_as: str | None = None
    tolerance: float | None = None
    ignore: tuple[str, ...] | None = None
    wait_s: float | None = None
    values: ValueRows | None = None
    verbatim: bool | None = None
    stream: StreamFormat | None = None
    websocket: MessageKind | None = None

    @property
    def is_websocket(self) -> bool:
        """Whether it is sent or received on a WebSocket."""
        return self.websocket is not None or self.stream == "websocket"

    @property
    def label(self) -> str:
        """The request as tables show it: ``GET /slow-io?delay=0.1``."""
        return f"{'WS' if self.is_websocket else self.method} {self.target}"


@dataclass(frozen=True, slots=True)
class SetupRequest:
    """A request that is sent once after each start of a stack, and the names of the values that its answer gives.

    Each name stands beside where its value is: ``json`` beside a JSON pointer (RFC 6901) into the body, ``header``
    beside a header's name, ``cookie`` beside that of a cookie.
    """

    workload: Workload
    json: tuple[tuple[str, str], ...] = ()
    header: tuple[tuple[str, str], ...] = ()
    cookie: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its values."""
        return tuple(name for name, _ in (*self.json, *self.header, *self.cookie))


class ClosedLoop(Struct, frozen=True, tag_field="kind", tag="closed"):
    """``connections`` clients, each sending its next request when the last was answered.

    Exactly one of ``duration_s`` (a window; the metric is the rate) and ``requests`` (a fixed number in all;
    the metric is the median time of a request, or the rate where it is ``rated``) is set. The warm-up comes first and
    is not counted: at least ``warmup_s`` and ``warmup_requests``, and then until three windows in a row agree, at most
    ``stable_within_s`` longer. ``first_byte`` asks for the moment at which each answer began, too, and
    ``server_timing`` for what the server's headers say of where it spent its time.
    """

    connections: int
    duration_s: float | None = None
    requests: int | None = None
    warmup_s: float = 0.0
    warmup_requests: int = 0
    stable_within_s: float = 0.0
    first_byte: bool = False
    server_timing: bool = False
    rated: bool = False

    @property
    def metric(self) -> Metric:
        """Return the metric that is compared between stacks: the rate, or the time of a request."""
        return "time" if self.requests is not None and not self.rated else "rate"


class OpenLoop(Struct, frozen=True, tag_field="kind", tag="open"):
    """Arrivals at ``rate_rps`` for ``duration_s`` that never wait for answers: evenly spaced or drawn (Poisson, gamma).

    ``burstiness`` is the index of dispersion of gamma arrivals, None for the others: the variance of their number in an
    interval over its mean, which is 1 for Poisson arrivals.

    Each takes an idle connection, or opens a new one as long as there are fewer than ``connections``, or else waits
    for one; its latency counts from the moment at which it was to be sent. The warm-up is as in a closed loop, at
    the same rate.
    """

    rate_rps: float
    duration_s: float
    arrivals: ArrivalProcess = "constant"
    connections: int = 256
    warmup_s: float = 0.0
    stable_within_s: float = 0.0
    first_byte: bool = False
    server_timing: bool = False
    burstiness: float | None = None

    @property
    def metric(self) -> Metric:
        """Return the metric that is compared between stacks: the time of a request, because the load fixes the rate."""
        return "time"


Load = ClosedLoop | OpenLoop


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """One bound of a service level: ``name``, such as ``p99_ms``, is at most ``bound``; a rate is at least that.

    Where it is a ``threshold``, a stack that breaks it fails the run.
    """

    name: str
    bound: float
    threshold: bool | None = None


@dataclass(frozen=True, slots=True)
class PublishedRequest:
    """The request that a published benchmark makes, and how often a trial repeats it."""

    target: str
    requests: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """Workloads under a load, by the name that tables show.

    While they are loaded, ``victim`` is asked ten times a second, beside the load and outside of its figures: what
    everybody else feels of it. ``sla`` is what every stack is expected to keep. ``published`` is the published
    benchmark's request, where this scenario's own is that one scaled down; None where nothing is scaled. With
    ``windows`` a trial is divided into so many windows, which alternate with those of the other stacks of its block.
    ``idle`` names the scenario that is this one's control: streams by the same timetable with next to nothing to send,
    which is ``idle_of`` this one, is shown beside it, and compared with nothing.
    """

    name: str
    workloads: tuple[Workload, ...]
    load: Load
    summary: str = ""
    victim: Workload | None = None
    sla: tuple[ServiceLevel, ...] = ()
    published: PublishedRequest | None = None
    windows: int | None = None
    idle: str | None = None
    idle_of: str | None = None

    @property
    def metric(self) -> Metric:
        """Return the metric that is compared between stacks.

        Of event streams it is the CPU time for an event, because their timetable fixes their rate; with an ``idle``
        control their handlers wait by timers of their own, which that time holds too, so it is the added delay.
        """
        if not self.streams:
            return self.load.metric
        return "event_cpu" if self.idle is None else "event_delay"

    @property
    def streams(self) -> bool:
        """Whether its answers are event streams."""
        return any(workload.stream is not None for workload in self.workloads)

    @property
    def label(self) -> str:
        """Its requests as tables show them."""
        return ", ".join(workload.label for workload in self.workloads)


@dataclass(frozen=True, slots=True)
class Variant:
    """A stack of the registry under another name, started with other settings."""

    name: str
    stack: str
    summary: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """Scenarios to be measured together on the same stacks, in ``blocks`` interleaved rounds.

    With a wished ``precision`` (a half-width, as a share) the rounds are a pilot, after which their number is fixed
    once, at most at ``most_blocks``. With ``search`` nothing is compared: each scenario's load is where a search starts
    on every stack.

    With ``shared_cores`` the server may have the generator's core, too; ``isolated`` has the models of the scenarios
    measured alone in each block; ``duel`` names two stacks that are compared head to head; ``claims`` are published
    speedups that the report shows beside its own. Each stack has ``memory_mib``. ``settings`` are variables with which
    every stack of the registry is started, None where it is started as it is; ``variants`` are stacks of the suite's
    own. ``long_form`` names the suite that takes its place where the user asks for the long one. With ``prices`` of CPU
    time and memory costs are shown. The requests of ``setup`` are sent once after each start of a stack.
    ``database`` is what runs beside the stacks, None where they need none.
    """

    name: str
    summary: str
    baseline: str
    stacks: tuple[str, ...]
    blocks: int
    scenarios: tuple[Scenario, ...]
    precision: float | None = None
    most_blocks: int = 0
    search: SearchSettings | None = None
    shared_cores: bool = False
    isolated: bool = False
    duel: tuple[str, ...] = ()
    memory_mib: int = DEFAULT_MEMORY_MIB
    settings: tuple[tuple[str, str], ...] | None = None
    claims: tuple[SpeedupClaim, ...] | None = None
    long_form: str | None = None
    variants: tuple[Variant, ...] | None = None
    prices: Prices | None = None
    setup: tuple[SetupRequest, ...] | None = None
    database: DatabaseName | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The models that its requests are answered by, each once."""
        asked = (workload.model for scenario in self.scenarios for workload in scenario.workloads)
        return tuple(dict.fromkeys(model for model in asked if model is not None))

    @property
    def compared(self) -> tuple[Scenario, ...]:
        """The scenarios in which stacks are compared: all but those that are the control of another."""
        return tuple(scenario for scenario in self.scenarios if scenario.idle_of is None)

    @property
    def stream_scenarios(self) -> tuple[str, ...]:
        """The names of the scenarios whose answers are event streams."""
        return tuple(scenario.name for scenario in self.compared if scenario.streams)

    @property
    def is_planned(self) -> bool:
        """Whether all of its trials are planned before the first one, and none is chosen by the result of another."""
        return self.search is None or isinstance(self.search, AblationSettings | ScalingSettings)

    @property
    def chooses_loads(self) -> bool:
        """Whether each load is chosen by the result of the one before, so that nobody knows how many there will be."""
        return isinstance(self.search, CapacitySettings | SustainedSettings | BreakingPointSettings)

    @property
    def has_twin(self) -> bool:
        """Whether its stacks are compared in blocks, where the baseline's twin shows what chance does."""
        return self.search is None or isinstance(self.search, TuneSettings)

    @property
    def alternates(self) -> bool:
        """Whether the stacks of a block run at once, and the windows of one alternate with those of the others."""
        return any(scenario.windows for scenario in self.scenarios)

    def stacks_in(self, block: int, stacks: Collection[str]) -> tuple[str, ...]:
        """Return which of the stacks a block holds: all of them, but for an ablation's arms."""
        if not isinstance(self.search, AblationSettings):
            return tuple(stacks)
        return tuple(name for name in self.search.blocks[block - 1] if name in stacks)

    def with_blocks(self, blocks: int) -> Suite:
        """Return the suite with another number of rounds."""
        return replace(self, blocks=blocks)
