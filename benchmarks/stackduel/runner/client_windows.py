"""Windows of one started stack in which some of the clients behave otherwise than the load's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter_ns

import msgspec

from stackduel.analysis.early_ends import EarlyEnd, early_ends
from stackduel.analysis.stream_metrics import STREAM_TIMES
from stackduel.launch.launcher import Started
from stackduel.load.aside.aside_clients import AsideClients
from stackduel.load.aside.client_plan import ClientPlan, ClientStream
from stackduel.model.measurement import Measurement
from stackduel.model.run_options import STARTING
from stackduel.model.search_results.window_effects import MemoryAround, StayedStreams
from stackduel.model.stack import Command, Image, Registered, Stack
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.model.trial import Cost
from stackduel.model.waits import relays
from stackduel.observe.resources.resource_watch import ResourceWatch, read
from stackduel.observe.resources.usage import Meter, Usage
from stackduel.runner.run_context import RunContext
from stackduel_servers.core.streams.early_end import VARIABLE

# So much of a log holds the ends of all streams of a window, and what else its server wrote meanwhile.
LOG_LINES = 10_000
# What a server wrote reaches its log a little later.
WRITTEN_WITHIN_S = 2.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class ClientWindow:
    """One window: what the load saw, what became of the clients beside it, when it closed, and the memory around it."""

    measurement: Measurement
    clients: tuple[ClientStream, ...]
    closed_ns: int
    memory: MemoryAround | None

    @property
    def stayed(self) -> StayedStreams:
        """The streams of the load's own clients."""
        streams = self.measurement.streams
        return StayedStreams(0, None) if streams is None else StayedStreams(streams.cut, _P99.of(streams))


@dataclass(frozen=True, slots=True)
class ClientWindows:
    """Loads one started stack in a scenario; ``settle_s`` after a window its memory is read again."""

    context: RunContext
    stack: Stack
    scenario: Scenario
    started: Started
    meter: Meter | None
    settle_s: float

    def measure(self, plans: Sequence[ClientPlan]) -> ClientWindow:
        """Measure a window in which as many of the clients follow these plans; raises LoadError."""
        runner, before, closed_ns = self.context.trial_runner, read(self.meter), 0
        workload = runner.sent(self.stack.name, self.scenario)
        with AsideClients(self.started.address, workload, plans) as aside, ResourceWatch(self.meter) as watch:

            def open_window() -> None:
                aside.open()
                watch.start()

            def close_window() -> None:
                nonlocal closed_ns
                closed_ns = perf_counter_ns()
                watch.stop()

            rest = with_fewer_connections(self.scenario, len(plans))
            measurement = runner.load(self.stack.name, rest, self.started, at_start=open_window, at_stop=close_window)
        time.sleep(self.settle_s)
        memory = _memory(before, watch.cost(), read(self.meter))
        return ClientWindow(measurement, aside.streams, closed_ns, memory)

    def handler_ends(self, zeros: Collection[int]) -> Mapping[int, EarlyEnd] | None:
        """Return when the handlers of these streams ended; None where they do not say it."""
        says = says_ends(self.stack, self.context.launcher.name)
        return _ends_in(self.started.log_tail, zeros) if says else None

    def upstream_ends(self, zeros: Collection[int]) -> Mapping[int, EarlyEnd] | None:
        """Return when the upstreams of these streams were given up; None where there is none that says it."""
        launcher = self.context.launcher
        if not relays(self.scenario.workloads[0]) or launcher.downstream is None:
            return None
        return _ends_in(launcher.downstream_log, zeros)


def noting_ends(stack: Stack) -> Stack:
    """Return the stack, started so that its handlers say when their clients have left, if it is one of ours."""
    if not isinstance(stack.source, Registered):
        return stack
    settings = {**stack.source.settings, VARIABLE: "on"}
    return replace(stack, source=replace(stack.source, settings=settings))


def says_ends(stack: Stack, launcher: str) -> bool:
    """Return whether the handlers of a stack say when their clients have left: ours, and who is told to by its file."""
    match stack.source:
        case Registered():
            return launcher in STARTING
        case Command(env=env) | Image(env=env):
            return env.get(VARIABLE) == "on"
    return False


def with_fewer_connections(scenario: Scenario, fewer: int) -> Scenario:
    """Return the scenario with so many connections less."""
    load = scenario.load
    if not isinstance(load, ClosedLoop):
        raise TypeError(f"scenario {scenario.name} has arrivals, not connections")
    return replace(scenario, load=msgspec.structs.replace(load, connections=load.connections - fewer))


def _memory(before: Usage | None, cost: Cost | None, after: Usage | None) -> MemoryAround | None:
    if before is None or cost is None or after is None:
        return None
    return MemoryAround(before.memory_mib, cost.memory_peak_mib, after.memory_mib)


def _ends_in(log: Callable[[int], str], zeros: Collection[int]) -> Mapping[int, EarlyEnd]:
    """Return the early ends in a log once it has those of all these streams, or nothing more can be on its way."""
    deadline_s = time.monotonic() + WRITTEN_WITHIN_S
    while True:
        ends = early_ends(log(LOG_LINES))
        if ends.keys() >= set(zeros) or time.monotonic() >= deadline_s:
            return ends
        time.sleep(LOOK_EVERY_S)


_P99 = STREAM_TIMES["event_p99"]
