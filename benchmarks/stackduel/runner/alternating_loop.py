"""The loop of a comparison whose windows alternate: all stacks of a block run at once, and one at a time is loaded.

Servers that answer nothing use next to no CPU, so that each has the server's cores to itself in its own windows. What
slows the host for some seconds falls on all sides alike, and not on the one that happens to be measured.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby

from stackduel.analysis.joined_windows import joined
from stackduel.analysis.trial_gates import quietest_attempt, with_state
from stackduel.launch.launcher import Started
from stackduel.model.errors import LaunchError
from stackduel.model.plan_step import AnyStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.observe.resources.settle import settle
from stackduel.observe.resources.usage import Meter
from stackduel.planning.estimates import LEAST_REWARM_S, MOST_REWARM_S, warmed
from stackduel.process.interrupts import go_on_interrupting
from stackduel.runner.ended_scenarios import EndedScenarios
from stackduel.runner.loop import Loop
from stackduel.runner.run_context import RunContext
from stackduel.verify.verification import VerifyError

# So many rounds are measured for each that a trial is to have, if the host disturbs some of them.
MOST_ROUNDS = 1.5
# Of the rounds of a trial so many must be undisturbed; else all of them count, and the trial is noisy.
LEAST_QUIET = 0.5
LONGEST_REWARM_S = 1.0


@dataclass(frozen=True, slots=True)
class _Server:
    """A stack that runs in a block, and the windows that it was measured in, one a round."""

    name: str
    started: Started
    meter: Meter | None
    windows: list[Trial] = field(default_factory=list)


class AlternatingLoop(Loop):
    """Measures the blocks of a run one after another, and saves the run after every trial."""

    def __init__(self, context: RunContext, run: Run) -> None:
        super().__init__(context, run)
        self._ended = EndedScenarios(run.baseline)

    def measure(self, steps: Iterable[AnyStep]) -> Run:
        """Measure all steps, those of a block together. If a stack fails, only its trials fail; the run continues."""
        planned = [step for step in steps if isinstance(step, PlanStep)]
        for _, block in groupby(planned, lambda step: step.block):
            together = list(block)
            for scenarios in self._launches(together):
                self._measure_launch([replace(step, scenarios=scenarios) for step in together])
        return self.run

    def _launches(self, steps: Sequence[PlanStep]) -> Iterator[tuple[Scenario, ...]]:
        """Yield the scenarios of each launch: all at once, but where a reset is to come before each of them."""
        scenarios = tuple(dict.fromkeys(scenario for step in steps for scenario in step.scenarios))
        if any(self._context.plan.stacks[step.stack].reset for step in steps):
            yield from ((scenario,) for scenario in scenarios)
        else:
            yield scenarios

    def _measure_launch(self, steps: Sequence[PlanStep]) -> None:
        """Start the stacks of a block, measure each scenario on all of them, and stop them."""
        self._context.trial_runner.sandbox.restore()
        self._context.progress.launching_together(steps)
        with ExitStack() as running:
            servers = [server for step in steps if (server := self._start(step, running))]
            for scenario in steps[0].scenarios:
                self._alternate(steps[0].block, scenario, self._fit(servers, scenario, steps[0].block))

    def _start(self, step: PlanStep, running: ExitStack) -> _Server | None:
        """Start and verify a stack; save its trials as failures if it does not get ready."""
        stack = self._context.plan.stacks[step.stack]
        try:
            return _Server(step.stack, *running.enter_context(self._ready(stack, step.scenarios)))
        except (LaunchError, VerifyError, ProcessLookupError) as error:
            go_on_interrupting(error)
            self._fail_step(step, step.scenarios, str(error))
            return None

    def _fit(self, servers: Iterable[_Server], scenario: Scenario, block: int) -> Iterator[_Server]:
        """Yield the servers that are worth measuring in a scenario; save the trials of the others as failures."""
        for server in servers:
            place = Place(server.name, scenario.name, block)
            name = self._context.plan.stacks[server.name].name
            if why := self._ended.why(name, scenario.name) or server.started.failure():
                self._save_result(Failure(place, why))
            else:
                yield replace(server, windows=[])

    def _alternate(self, block: int, scenario: Scenario, fit: Iterable[_Server]) -> None:
        """Measure rounds of one window a server, each in an order drawn anew, and save them as a trial a server."""
        servers, wanted = list(fit), scenario.windows or 1
        draw = random.Random(f"{self._context.plan.seed} {block} {scenario.name}")  # noqa: S311 - an order, no secret
        rounds, most = 0, math.ceil(MOST_ROUNDS * wanted)
        while servers and rounds < most and len(_quiet_rounds(servers)) < wanted:
            for server in draw.sample(servers, len(servers)):
                place = Place(server.name, scenario.name, block)
                result = self._window(place, _with_warmup(scenario, server, draw), server)
                if isinstance(result, Trial):
                    server.windows.append(result)
                else:
                    servers.remove(server)
                    self._save_result(result)
            rounds += 1
        for server in servers:
            self._save_result(self._trial(server, _quiet_rounds(servers), wanted))

    def _window(self, place: Place, scenario: Scenario, server: _Server) -> Result:
        self._context.progress.measuring(place, scenario)
        try:
            result = self._context.trial_runner.measure(place, scenario, server.started, server.meter)
            if isinstance(result, Trial) and not result.measurement.drained:
                # It is still busy with what was cut off, and would be so in the next server's window.
                settle(server.meter)
        except ProcessLookupError as error:
            go_on_interrupting(error)
            return Failure(place, server.started.failure() or str(error))
        return self._ended.judged(self._context.plan.stacks[place.stack].name, scenario.load, result)

    def _trial(self, server: _Server, quiet: Sequence[int], wanted: int) -> Trial:
        """Return the undisturbed windows as one trial; if they are too few, all of them as a noisy or void one."""
        if len(quiet) >= LEAST_QUIET * wanted:
            return joined([server.windows[number] for number in quiet])
        trial = with_state(replace(joined(server.windows), state="ok", reason=None))
        noisy = None if self._context.plan.options.strict else quietest_attempt([trial])
        return noisy or trial


def _quiet_rounds(servers: Sequence[_Server]) -> list[int]:
    """Return the numbers of the rounds in which no window of any server was void."""
    return [
        number
        for number, windows in enumerate(zip(*(server.windows for server in servers), strict=False))
        if all(window.counts for window in windows)
    ]


def _with_warmup(scenario: Scenario, server: _Server, draw: random.Random) -> Scenario:
    """Return the scenario as it is for a server's first window; for others with a short warm-up of a drawn length.

    It is drawn from at least the time of a request, so that where requests come in step, no window holds one round more
    than another by its place.
    """
    if not server.windows:
        return scenario
    request_s = (server.windows[0].time_ms or 0.0) / 1000
    longest_s = min(LONGEST_REWARM_S, max(MOST_REWARM_S, LEAST_REWARM_S + request_s))
    return replace(scenario, load=warmed(scenario.load, draw.uniform(LEAST_REWARM_S, longest_s)))
