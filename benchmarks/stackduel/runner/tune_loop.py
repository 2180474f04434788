"""The loop of a tuning: one request alone, the rounds of the screening, and the blocks that confirm."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from stackduel.analysis.tune_leaks import LONGER_WINDOWS, suspected_leaks
from stackduel.analysis.tune_screening import ranked
from stackduel.analysis.tune_waits import RequestAlone, request_alone
from stackduel.analysis.tuning import slots_needed
from stackduel.model.aa_pair import twin_of
from stackduel.model.counted import counted
from stackduel.model.plan_step import AnyStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.model.tune_settings import TuneCandidate, TuneSettings, alone_name, longer_name, round_name
from stackduel.planning.estimates import total_seconds
from stackduel.planning.order import interleaved
from stackduel.runner.comparison_loop import ComparisonLoop
from stackduel.runner.run_context import RunContext
from stackduel.search.tune_grid import narrowed
from stackduel.search.tune_schedule import TuneSchedule, halved, schedule

# One request after the other, for as long as it takes to know its wait and its CPU time.
ALONE_S = (1.0, 10.0)
ALONE_WARMUP_S = 0.3


class TuneLoop:
    """Tunes an application: what each step measures follows from the one before it, within the time there is."""

    def __init__(self, context: RunContext, run: Run, settings: TuneSettings) -> None:
        self.run = run
        self._context = context
        self._settings = settings
        self._scenario = context.plan.suite.scenarios[0]
        self._ends_s = time.monotonic() + settings.budget_s - context.plan.preflight_s
        self._draw = random.Random(run.seed)  # noqa: S311 - an order, not a secret
        # As the plan gives them: the seconds of what is known so far, and of what of it is measured.
        self._planned_s, self._measured_s = context.plan.search_s, 0.0

    def measure(self) -> Run:
        """Measure to the end, or until nothing is left that could be confirmed."""
        launch_s = self._measure_alone()
        alone = request_alone(self.run, self._scenario.name)
        fitting = self._fitting(alone)
        planned = schedule(len(fitting), self._left_s, launch_s, alone.seconds)
        first = narrowed(fitting, slots_needed(self.run, alone), planned.rounds[0])
        self._say(alone, first, planned)
        self._plan_rest(planned.seconds)
        finalists = self._screen([each.stack for each in first], planned)
        if finalists:
            self._confirm(finalists, planned)
            self._look_for_leaks(planned)
        return self.run

    @property
    def _left_s(self) -> float:
        return self._ends_s - time.monotonic()

    def _measure_alone(self) -> float:
        """Measure one request after the other on the current command; return how long a start takes."""
        for window_s in ALONE_S:
            load = ClosedLoop(1, duration_s=window_s, warmup_s=ALONE_WARMUP_S)
            scenario = replace(self._scenario, name=alone_name(self._scenario.name), load=load)
            began_s = time.monotonic()
            self._measure([PlanStep(1, self.run.baseline, (scenario,))])
            if self.run.trials(scenario.name, self.run.baseline):
                break
        return max(0.2, time.monotonic() - began_s - window_s - ALONE_WARMUP_S)

    def _fitting(self, alone: RequestAlone) -> tuple[TuneCandidate, ...]:
        """Return the candidates whose workers fit into the memory, by what the current command's take."""
        workers = self.run.stacks[self.run.baseline].worker_count or 1
        each_mib = (alone.memory_mib or 0.0) / (workers + 1)
        fitting = [each for each in self._settings.candidates if each.workers * each_mib <= self.run.suite.memory_mib]
        return tuple(fitting) or self._settings.candidates[:1]

    def _screen(self, field: Sequence[str], planned: TuneSchedule) -> tuple[str, ...]:
        """Measure the rounds; return the best of the last one, as many as are confirmed."""
        kinds = {each.stack: each.kind for each in self._settings.candidates}
        for number, _ in enumerate(planned.rounds, 1):
            scenario = self._windowed(round_name(self._scenario.name, number), planned.window_s(number), planned)
            stacks = [*field, self.run.baseline] if number == 1 else [*field]
            self._draw.shuffle(stacks)
            self._measure([PlanStep(number, stack, (scenario,)) for stack in stacks])
            size = planned.rounds[number] if number < len(planned.rounds) else planned.finalists
            field = halved(ranked(self.run, self._settings, number, field), size, kinds.__getitem__)
        return tuple(field)

    def _confirm(self, finalists: Sequence[str], planned: TuneSchedule) -> None:
        """Measure the finalists, the current command and its twin in interleaved blocks."""
        scenario = self._windowed(self._scenario.name, planned.confirming_s, planned)
        suite = replace(self._context.plan.suite, scenarios=(scenario,))
        # What the report says of the load is what was sent.
        self.run = replace(self.run, suite=replace(self.run.suite, scenarios=self._shown(scenario)))
        stacks = (self.run.baseline, twin_of(self.run.baseline), *finalists)
        self._context.progress.print_line(
            f"Confirming {', '.join(finalists)} beside the current command, in {counted(suite.blocks, 'block')}."
        )
        steps = interleaved(suite, stacks, self.run.seed)
        self._plan_rest(total_seconds(steps, self._context.plan.paces))
        # Repeats leave the time to see whether the memory of one goes on growing.
        kept_s = total_seconds(self._longer(finalists[0], planned), self._context.plan.paces)
        self._measure(steps, spare_s=self._left_s - planned.confirmation_s - kept_s)

    def _look_for_leaks(self, planned: TuneSchedule) -> None:
        """Measure for longer, as far as the time goes, what grew throughout the windows of the confirmation."""
        for stack in suspected_leaks(self.run):
            steps = self._longer(stack, planned)
            seconds = total_seconds(steps, self._context.plan.paces)
            if seconds > self._left_s:
                return
            self._context.progress.print_line(
                f"The memory of {stack} grew throughout its windows: it is measured once for longer."
            )
            self._plan_rest(seconds)
            self._measure(steps)

    def _longer(self, stack: str, planned: TuneSchedule) -> list[PlanStep]:
        """Return the step that shows whether the memory of a stack goes on growing."""
        name = longer_name(self._scenario.name)
        return [PlanStep(1, stack, (self._windowed(name, LONGER_WINDOWS * planned.confirming_s, planned),))]

    def _shown(self, scenario: Scenario) -> tuple[Scenario, ...]:
        """Return the scenario as the run stores it: with the load, and without the secrets of its requests."""
        return (replace(self.run.suite.scenarios[0], load=scenario.load),)

    def _windowed(self, name: str, window_s: float, planned: TuneSchedule) -> Scenario:
        load = msgspec.structs.replace(
            self._scenario.load, duration_s=window_s, warmup_s=planned.warmup_s, warmup_requests=0
        )
        return replace(self._scenario, name=name, load=load)

    def _measure(self, steps: Sequence[AnyStep], spare_s: float = 0.0) -> None:
        """Measure steps; void trials are repeated as long as the repeats take no more than the time to spare."""
        plan = self._context.plan
        steps_s = total_seconds(steps, plan.paces)
        budget_s = plan.preflight_s + steps_s + max(0.0, spare_s)
        options = replace(plan.options, time_budget_s=budget_s)
        context = replace(self._context, plan=replace(plan, steps=tuple(steps), options=options))
        self.run = ComparisonLoop(context, self.run).measure(steps)
        self._measured_s += steps_s

    def _plan_rest(self, rest_s: float) -> None:
        """Let the progress expect so many seconds more, now that they are known."""
        known_s = self._measured_s + rest_s
        self._context.progress.plan_more({"": known_s - self._planned_s})
        self._planned_s = known_s

    def _say(self, alone: RequestAlone, field: Sequence[TuneCandidate], planned: TuneSchedule) -> None:
        if alone.wait_s is not None and alone.cpu_s is not None:
            slots = slots_needed(self.run, alone)
            self._context.progress.print_line(
                f"One request waits {1000 * alone.wait_s:.3g} ms and computes for {1000 * alone.cpu_s:.3g} ms: "
                f"{counted(slots or 1, 'request')} at once keep the cores busy."
            )
        self._context.progress.print_line(
            f"Screening {counted(len(field), 'candidate')} in windows of {planned.screening_s:.2g} s; "
            f"about {planned.seconds:.0f} s in all."
        )
