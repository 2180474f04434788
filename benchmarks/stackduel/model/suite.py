"""What is measured: suites of scenarios, each one or more workloads under a load."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from msgspec import Struct

from stackduel.model.budget import DEFAULT_MEMORY_MIB
from stackduel.model.model_input import ModelInput
from stackduel.model.search_settings import SearchSettings

Check = Literal["body", "length", "status", "numbers"]
Metric = Literal["rate", "time"]
ArrivalProcess = Literal["constant", "poisson"]

# Whatever other header a user's request sends may be a secret: its value is never written down.
PLAIN_HEADERS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})


@dataclass(frozen=True, slots=True)
class Workload:
    """One request, repeated: its parts as they go over the wire and what a right answer is.

    ``check`` says how far each answer is compared with the verified one: its ``status`` alone, its
    ``length`` too, or its ``body`` byte for byte. Of several workloads in one load, each is sent in proportion to its
    ``weight``.

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

    @property
    def label(self) -> str:
        """The request as tables show it: ``GET /slow-io?delay=0.1``."""
        return f"{self.method} {self.target}"


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
        """What is compared between stacks: the rate, or the time of a request."""
        return "time" if self.requests is not None and not self.rated else "rate"


class OpenLoop(Struct, frozen=True, tag_field="kind", tag="open"):
    """Arrivals at ``rate_rps`` for ``duration_s``, evenly spaced or drawn (Poisson), that never wait for answers.

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

    @property
    def metric(self) -> Metric:
        """What is compared between stacks: the time of a request, as the rate is given."""
        return "time"


Load = ClosedLoop | OpenLoop


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """One bound of a service level: ``name``, such as ``p99_ms``, is at most ``bound``."""

    name: str
    bound: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """Workloads under a load, by the name that tables show.

    While they are loaded, ``victim`` is asked ten times a second, beside the load and outside of its figures: what
    everybody else feels of it. ``sla`` is what every stack is expected to keep.
    """

    name: str
    workloads: tuple[Workload, ...]
    load: Load
    summary: str = ""
    victim: Workload | None = None
    sla: tuple[ServiceLevel, ...] = ()

    @property
    def label(self) -> str:
        """Its requests as tables show them."""
        return ", ".join(workload.label for workload in self.workloads)


@dataclass(frozen=True, slots=True)
class Suite:
    """Scenarios to be measured together on the same stacks, in ``blocks`` interleaved rounds.

    With a wished ``precision`` (a half-width, as a share) the rounds are a pilot, after which their number is fixed
    once, at most at ``most_blocks``. With ``search`` nothing is compared: each scenario's load is where a search starts
    on every stack.

    With ``shared_cores`` the server may have the generator's core, too; ``isolated`` has the models of the scenarios
    measured alone in each block; ``duel`` names two stacks that are compared head to head. Each stack
    has ``memory_mib``.
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

    @property
    def models(self) -> tuple[str, ...]:
        """The models that its requests are answered by, each once."""
        asked = (workload.model for scenario in self.scenarios for workload in scenario.workloads)
        return tuple(dict.fromkeys(model for model in asked if model is not None))

    def with_blocks(self, blocks: int) -> Suite:
        """Return the suite with another number of rounds."""
        return replace(self, blocks=blocks)
