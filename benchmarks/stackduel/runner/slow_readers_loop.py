"""The loop in which some clients read slowly: what it does to the others, to memory, and to the upstream."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stackduel.analysis.early_ends import EarlyEnd
from stackduel.load.aside.client_plan import ClientPlan, ClientStream
from stackduel.model.client_settings import SlowReadersSettings
from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.search_results.slow_readers import MadeEvents, SlowRound, SlowStream
from stackduel.model.suite import Scenario
from stackduel.runner.client_rounds import ClientRounds
from stackduel.runner.client_windows import ClientWindow, ClientWindows
from stackduel.runner.run_context import RunContext
from stackduel.search.slow_readers import read_slowly
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.streams.timetable import Timetable, read_timetable

Ends = Mapping[int, EarlyEnd]


class SlowReadersLoop(ClientRounds[SlowRound]):
    """Measures a window in which some read slowly behind one in which the same clients do not.

    Always behind it: what slow readers leave in a server's memory would be found again in the window beside.
    """

    def __init__(self, context: RunContext, run: Run, settings: SlowReadersSettings) -> None:
        super().__init__(context, run, settings)
        self._settings = settings

    def _round(self, block: int, windows: ClientWindows, draw: random.Random) -> SlowRound:
        plans = slow_plans(self._settings, windows.scenario, draw)
        beside = windows.measure([replace(plan, bytes_per_s=None, buffer_bytes=None) for plan in plans])
        slow = windows.measure(plans)
        return round_of(block, windows, slow, beside)

    def _found(self, stack: str, scenario: str, rounds: Sequence[SlowRound]) -> Finding:
        return read_slowly(stack, scenario, rounds, self._settings.bytes_per_s)


def slow_plans(settings: SlowReadersSettings, scenario: Scenario, draw: random.Random) -> Sequence[ClientPlan]:
    """Return the plans of those that read slowly, at least one; each opens its stream in the window's first quarter."""
    window_s = scenario.load.duration_s or 0.0
    slow = ClientPlan(bytes_per_s=settings.bytes_per_s, buffer_bytes=settings.buffer_bytes)
    count = settings.count_of(scenario.load.connections)
    return [replace(slow, opens_s=draw.uniform(0, window_s / 4)) for _ in range(count)]


def round_of(block: int, windows: ClientWindows, slow: ClientWindow, beside: ClientWindow) -> SlowRound:
    """Return what a window with slow readers came to."""
    streams = [each for each in slow.clients if each.begun and not each.ended]
    zeros = [each.zero_ns for each in streams if each.zero_ns is not None]
    timetable = timetable_of(windows.scenario)
    handlers, upstreams = windows.handler_ends(zeros), windows.upstream_ends(zeros)
    return SlowRound(
        block=block,
        clients=len(slow.clients),
        streams=tuple(
            SlowStream(
                each.bytes_read,
                0 if each.last_event is None else each.last_event + 1,
                made_by(each, handlers, timetable, slow.closed_ns),
                made_by(each, upstreams, timetable, slow.closed_ns),
            )
            for each in streams
        ),
        memory=slow.memory,
        beside_memory=beside.memory,
        others=slow.stayed,
        beside=beside.stayed,
    )


def made_by(stream: ClientStream, ends: Ends | None, timetable: Timetable | None, closed_ns: int) -> MadeEvents | None:
    """Return how many events one side had made of a stream when the window closed; None where nobody says it.

    Of who does not say when it made its last events it is when it noticed the end.
    """
    end = ends.get(stream.zero_ns) if ends is not None and stream.zero_ns is not None else None
    if end is None or stream.zero_ns is None or timetable is None:
        return None
    end = end.at(closed_ns)
    return MadeEvents(end.events, due_by(timetable, end.noticed_ns - stream.zero_ns))


def due_by(timetable: Timetable, after_ns: int) -> int:
    """Return how many events are due so long after the zero."""
    left_ns = after_ns - timetable.first_ns
    if left_ns < 0:
        return 0
    return min(timetable.events, left_ns // timetable.interval_ns + 1) if timetable.interval_ns else timetable.events


def timetable_of(scenario: Scenario) -> Timetable | None:
    """Return the timetable that a scenario's request asks for; None where it is none of ours."""
    try:
        return read_timetable(scenario.workloads[0].target.partition("?")[2].encode())
    except HttpError:
        return None
