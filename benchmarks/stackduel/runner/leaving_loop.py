"""The loop in which some clients leave in the middle of their streams: who notices it, and when."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stackduel.analysis.early_ends import EarlyEnd
from stackduel.load.aside.client_plan import ClientPlan, ClientStream
from stackduel.model.client_settings import LeavingSettings
from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.search_results.leaving import LeavingRound
from stackduel.model.suite import Scenario
from stackduel.runner.client_rounds import ClientRounds
from stackduel.runner.client_windows import ClientWindow, ClientWindows
from stackduel.runner.run_context import RunContext
from stackduel.search.leaving import left_behind


class LeavingLoop(ClientRounds[LeavingRound]):
    """Measures a window in which some leave beside one in which the same clients stay, in an order drawn anew."""

    def __init__(self, context: RunContext, run: Run, settings: LeavingSettings) -> None:
        super().__init__(context, run, settings)
        self._settings = settings

    def _round(self, block: int, windows: ClientWindows, draw: random.Random) -> LeavingRound:
        plans = leaving_plans(self._settings, windows.scenario, draw)
        staying = [replace(plan, leaves_s=None) for plan in plans]
        if draw.random() < 0.5:
            beside = windows.measure(staying)
            left = windows.measure(plans)
        else:
            left = windows.measure(plans)
            beside = windows.measure(staying)
        return round_of(block, windows, left, beside)

    def _found(self, stack: str, scenario: str, rounds: Sequence[LeavingRound]) -> Finding:
        return left_behind(stack, scenario, rounds)


def leaving_plans(settings: LeavingSettings, scenario: Scenario, draw: random.Random) -> Sequence[ClientPlan]:
    """Return the plans of those that leave in the middle of the window, at least one of them.

    Each opens its stream at a moment that is drawn, in the first quarter of the window.
    """
    count, window_s = settings.count_of(scenario.load.connections), scenario.load.duration_s or 0.0
    resetting = set(draw.sample(range(count), round(settings.resets * count)))
    return [
        ClientPlan(draw.uniform(0, window_s / 4), window_s / 2, resets=number in resetting) for number in range(count)
    ]


def round_of(block: int, windows: ClientWindows, left: ClientWindow, beside: ClientWindow) -> LeavingRound:
    """Return what a window with clients that left came to."""
    leavers = [each for each in left.clients if each.left_ns is not None]
    zeros = [each.zero_ns for each in leavers if each.zero_ns is not None]
    return LeavingRound(
        block=block,
        clients=len(left.clients),
        left=len(leavers),
        reset=sum(each.plan.resets for each in leavers),
        handler_ms=noticed_ms(leavers, windows.handler_ends(zeros), left.closed_ns),
        upstream_ms=noticed_ms(leavers, windows.upstream_ends(zeros), left.closed_ns),
        memory=left.memory,
        stayed=left.stayed,
        beside=beside.stayed,
    )


def noticed_ms(
    leavers: Sequence[ClientStream], ends: Mapping[int, EarlyEnd] | None, closed_ns: int
) -> tuple[float, ...] | None:
    """Return after how many ms those that were noticed within the window were; None where nobody can know."""
    if ends is None or any(each.zero_ns is None for each in leavers):
        return None
    left = [(each.left_ns or 0, ends.get(each.zero_ns or 0)) for each in leavers]
    return tuple(
        max(0, end.noticed_ns - left_ns) / 1e6
        for left_ns, end in left
        if end is not None and end.noticed_ns <= closed_ns
    )
