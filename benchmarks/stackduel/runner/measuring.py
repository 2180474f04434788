"""How each kind of suite is measured: compared in blocks whose number a pilot fixes, ablated, profiled, searched."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.client_settings import LeavingSettings, SlowReadersSettings
from stackduel.model.counted import counted
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.search_settings import ColdStartSettings, RecyclingSettings, ShutdownSettings
from stackduel.model.suite import Scenario
from stackduel.model.tune_settings import TuneSettings
from stackduel.planning.estimates import seconds_by_stack
from stackduel.planning.profile_suite import AFTER_RUN, bound_by_cpu, profiled
from stackduel.planning.search_estimates import search_seconds
from stackduel.report.profile_files import ProfileFiles
from stackduel.runner.alternating_loop import AlternatingLoop
from stackduel.runner.cold_start_loop import ColdStartLoop
from stackduel.runner.comparison_loop import ComparisonLoop
from stackduel.runner.leaving_loop import LeavingLoop
from stackduel.runner.loss_loop import LossLoop
from stackduel.runner.pilot import (
    block_seconds,
    blocks_in_time,
    blocks_needed,
    too_few_blocks,
    with_blocks,
    with_fewer_blocks,
)
from stackduel.runner.profile_loop import ProfileLoop
from stackduel.runner.run_context import RunContext
from stackduel.runner.run_record import RunRecord
from stackduel.runner.search_loop import SearchLoop
from stackduel.runner.slow_readers_loop import SlowReadersLoop
from stackduel.runner.tune_loop import TuneLoop


@dataclass(frozen=True, slots=True)
class Measuring:
    """A run that has passed its preflight, the record that everything is saved in, and who else gets a flamegraph."""

    context: RunContext
    record: RunRecord
    flamegraph: Path | None

    def measure(self) -> None:
        """Measure in the way of the suite: compared in blocks, ablated, profiled or searched."""
        scenarios = self.context.plan.suite.scenarios
        match self.context.plan.suite.search:
            case None:
                self._compare()
                self._profile_bound()
            case AblationSettings():
                self._ablate()
            case ScalingSettings():
                ComparisonLoop(self.context, self.record.run).measure(self.context.plan.steps_left(self.record.run))
            case ColdStartSettings() as settings:
                ColdStartLoop(self.context, self.record.run, settings).measure()
            case ShutdownSettings() | RecyclingSettings() as settings:
                LossLoop(self.context, self.record.run, settings).measure()
            case LeavingSettings() as settings:
                LeavingLoop(self.context, self.record.run, settings).measure()
            case SlowReadersSettings() as settings:
                SlowReadersLoop(self.context, self.record.run, settings).measure()
            case ProfileSettings() as settings:
                self._profile(settings, [(name, each) for name in self.context.plan.stacks for each in scenarios])
            case TuneSettings() as settings:
                TuneLoop(self.context, self.record.run, settings).measure()
            case settings:
                SearchLoop(self.context, self.record.run, settings).measure()

    def _compare(self) -> None:
        """Measure the pilot, decide how many blocks the run has, and measure the rest."""
        plan, record = self.context.plan, self.record
        made = AlternatingLoop if plan.suite.alternates else ComparisonLoop
        loop, began_s = made(self.context, record.run), time.monotonic()
        pilot = plan.steps_left(record.run)
        loop.measure(pilot)
        spent_s = time.monotonic() - began_s
        blocks = blocks_needed(record.run, plan, spent_s, block_seconds(plan, pilot, spent_s))
        if plan.suite.alternates and (few := too_few_blocks(record.run, plan, blocks, spent_s)):
            self.context.progress.print_line(few)
        if blocks > record.run.suite.blocks:
            loop.run = with_blocks(record.run, blocks)
            rest = plan.steps_left(loop.run)
            self.context.progress.print_line(f"The pilot fixes the number of blocks at {blocks}.")
            self.context.progress.plan_more(plan.seconds_of(rest))
            loop.measure(rest)

    def _profile(self, settings: ProfileSettings, wanted: Sequence[tuple[str, Scenario]]) -> None:
        files = ProfileFiles(self.record.folder, self.flamegraph)
        ProfileLoop(self.context, self.record.run, settings, files).measure(wanted)

    def _profile_bound(self) -> None:
        """Profile the stacks that the CPU limits, if the user asked for it, once all trials are measured."""
        if not self.context.plan.options.profile:
            return
        scenarios = {each.name: each for each in self.context.plan.suite.scenarios}
        bound = bound_by_cpu(self.record.run, self.context.plan.stacks)
        wanted = [(stack, profiled(scenarios[name], AFTER_RUN)) for stack, name in bound]
        progress = self.context.progress
        if not wanted:
            progress.print_line("Nothing is profiled: the CPU limits no stack that can be, in no scenario.")
            return
        progress.print_line(f"Profiling what the CPU limits: {counted(len(wanted), 'stack and scenario')}.")
        progress.plan_more(
            {name: search_seconds(AFTER_RUN, scenario, self.context.plan.paces[name]) for name, scenario in wanted}
        )
        self._profile(AFTER_RUN, wanted)

    def _ablate(self) -> None:
        """Measure the first block, see how many the time holds at its pace, and measure the rest."""
        plan, record = self.context.plan, self.record
        loop, began_s = ComparisonLoop(self.context, record.run), time.monotonic()
        steps = plan.steps_left(record.run)
        first = tuple(step for step in steps if step.block == 1)
        loop.measure(first)
        blocks = record.run.suite.blocks
        if len(first) == len(plan.suite.stacks_in(1, plan.stacks)):
            blocks = blocks_in_time(record.run, plan, time.monotonic() - began_s)
        if blocks < record.run.suite.blocks:
            self.context.progress.print_line(
                f"Slower than planned: the time holds {blocks} of {record.run.suite.blocks} blocks."
            )
            dropped = tuple(step for step in steps if step.block > blocks)
            fewer_s = {name: -seconds for name, seconds in seconds_by_stack(dropped, plan.paces).items()}
            self.context.progress.plan_more(fewer_s)
            loop.run = with_fewer_blocks(record.run, plan, blocks)
        loop.measure(plan.steps_left(loop.run))
