"""Measuring what was prepared: the blocks of the pilot, then the rest, everything saved as it comes."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from stackduel.analysis.conclusion import blocks_after_pilot, conclude
from stackduel.analysis.conditions.conditions import NO_CONDITIONS, Conditions, conditions_for, status_with
from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.launch.launcher import Launcher
from stackduel.model.counted import counted
from stackduel.model.duration import duration
from stackduel.model.plan_step import AnyStep
from stackduel.model.run import Run, Status
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import ColdStartSettings
from stackduel.model.trial import Failure
from stackduel.observe.gpu import nvml
from stackduel.observe.host import host_facts as host
from stackduel.planning.estimates import total_seconds
from stackduel.planning.order import plan, remaining
from stackduel.planning.preparation import Prepared
from stackduel.process.cores import kept_on
from stackduel.process.interrupts import as_keyboard_interrupt
from stackduel.report import files
from stackduel.report.files import HTML_FILE
from stackduel.report.terminal import run_tables
from stackduel.report.terminal.condition_lines import tell
from stackduel.report.terminal.page import Page, message
from stackduel.report.terminal.progress import Narrator
from stackduel.runner.cold_start_loop import ColdStartLoop
from stackduel.runner.comparison_loop import ComparisonLoop
from stackduel.runner.environment import environment
from stackduel.runner.machinery import alone_for, bench_for, launcher_for, spare_seconds
from stackduel.runner.search_loop import SearchLoop
from stackduel.runner.trial_runner import TrialRunner
from stackduel.storage.run_folder import RUN_FILE, Writer, to_json

STACK_FAILED = 3
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Output:
    """How a run speaks: tables, JSON or nothing on standard output; progress and errors on standard error.

    ``live`` is a page beside it, for a browser.
    """

    out: Console
    err: Console
    json: bool = False
    quiet: bool = False
    live: bool = False

    def tell(self, text: str) -> None:
        """A line of progress, before there is a narrator."""
        if not self.quiet:
            message(self.err, text)


def measure(
    run: Run, prepared: Prepared, folder: Path, options: RunOptions, output: Output, fail_on: Sequence[str] = ()
) -> int:
    """Measure what of the run is still to be measured, and show the report; returns the exit status.

    Raises FieldError, before anything is started, where a condition of ``fail_on`` cannot be asked of the run.
    """
    keeper = Keeper(folder, run, _block_seconds(prepared), conditions_for(fail_on, run))
    keeper.keep(run)
    planned_s = prepared.search_s or total_seconds(_to_do(run, prepared), prepared.paces)
    with _narrator(run, prepared, folder, planned_s, output) as narrator:
        narrator.say(
            f"{run.run_id}: {counted(len(run.suite.stacks), 'stack')}, about {duration(planned_s)}; "
            f"saving to {keeper.path}"
        )
        for note in prepared.notes:
            narrator.say(note)
        interrupted = _conducted(keeper, prepared, folder, options, narrator)
    # Only now is the terminal nobody else's.
    if interrupted:
        output.tell(f"Interrupted; what was measured is in {keeper.path}")
        if run.suite.search is None:
            output.tell(f"Go on with: stackduel run --resume {shlex.quote(str(folder))}")
    _show(keeper.run, folder, output)
    if interrupted:
        return INTERRUPTED
    tell(keeper.judged, keeper.run.secrets, output.err, quiet=output.quiet)
    return status_with(keeper.judged, exit_status(keeper.run))


def _conducted(keeper: Keeper, prepared: Prepared, folder: Path, options: RunOptions, narrator: Narrator) -> bool:
    """Measure to the end, or to an interruption; returns whether there was one."""
    try:
        _conduct(keeper, prepared, folder, options, narrator)
    except KeyboardInterrupt:
        keeper.finish("interrupted")
        return True
    except BaseException:
        keeper.finish("failed")
        raise
    keeper.finish("complete")
    return False


def _narrator(run: Run, prepared: Prepared, folder: Path, planned_s: float, output: Output) -> Narrator:
    if not output.live:
        return Narrator(output.err, planned_s, prepared.paces, quiet=output.quiet, trials=run.planned)
    from stackduel.report.live.narrator import LiveNarrator  # noqa: PLC0415 - a web server, only where one is asked for

    report, cores = folder / HTML_FILE, prepared.budget.downstream
    return LiveNarrator(output.err, planned_s, prepared.paces, quiet=output.quiet, run=run, report=report, cores=cores)


class Keeper:
    """Holds the newest state of the run, with what follows from it, and writes each one to disk."""

    def __init__(self, folder: Path, run: Run, block_s: float, conditions: Conditions = NO_CONDITIONS) -> None:
        self.run = run
        self.judged: tuple[ConditionResult, ...] = ()
        self._conditions = conditions
        self._folder = folder
        self._writer = Writer(folder)
        self._block_s = block_s

    @property
    def path(self) -> Path:
        """The file that the run is saved to."""
        return self._folder / RUN_FILE

    def keep(self, run: Run) -> None:
        """Save the run as it is now, concluded as far as it goes."""
        self.run = conclude(run, self._block_s) if run.suite.search is None else run
        self._writer.save(self.run)

    def finish(self, status: Status) -> None:
        """Save the run and its reports for the last time; of a whole run, with the word on each condition."""
        self.keep(replace(self.run, status=status))
        if status == "complete":
            self.judged = self._conditions.evaluate_on(self.run)
        files.write(self.run, self._folder, self.judged)


def _conduct(keeper: Keeper, prepared: Prepared, folder: Path, options: RunOptions, narrator: Narrator) -> None:
    machine = host.describe()
    run_id = keeper.run.run_id
    with (
        as_keyboard_interrupt(),
        kept_on(prepared.budget.downstream),
        launcher_for(options, prepared, run_id, folder, narrator.say) as launcher,
        nvml.devices_if_any() as gpus,
        bench_for(options, prepared, launcher, keeper.run, narrator, gpus) as bench,
    ):
        facts = environment(options, prepared, launcher, machine)
        keeper.keep(replace(keeper.run, status="running", environment=facts))
        try:
            if keeper.run.suite.search is None:
                _compare(keeper, prepared, options, launcher, bench, narrator)
            else:
                _search(keeper, prepared, options, launcher, bench, narrator)
        finally:
            # Only now does the launcher know every image that it used.
            keeper.keep(replace(keeper.run, environment=environment(options, prepared, launcher, machine)))


def _search(
    keeper: Keeper, prepared: Prepared, options: RunOptions, launcher: Launcher, bench: TrialRunner, narrator: Narrator
) -> None:
    run, stacks, keep = keeper.run, prepared.stacks, keeper.keep
    if isinstance(run.suite.search, ColdStartSettings):
        settings, timeout_s = run.suite.search, options.timeout_s
        ColdStartLoop(run, stacks, settings, launcher, bench, keep, narrator, timeout_s).carry_out()
        return
    searcher = SearchLoop(run, stacks, launcher=launcher, bench=bench, keep=keep, show=narrator, strict=options.strict)
    searcher.carry_out()


def _compare(
    keeper: Keeper, prepared: Prepared, options: RunOptions, launcher: Launcher, bench: TrialRunner, narrator: Narrator
) -> None:
    conductor = ComparisonLoop(
        keeper.run,
        prepared.stacks,
        launcher=launcher,
        bench=bench,
        keep=keeper.keep,
        show=narrator,
        strict=options.strict,
        repeats_s=spare_seconds(options, prepared),
        alone=alone_for(launcher),
    )
    began_s = time.monotonic()
    pilot = tuple(_to_do(conductor.run, prepared))
    conductor.carry_out(pilot)
    block_s = _block_seconds(prepared)
    if pilot:
        block_s *= (time.monotonic() - began_s) / total_seconds(pilot, prepared.paces)
    fixed = _fixed(keeper.run, prepared, options, time.monotonic() - began_s, block_s)
    if fixed > keeper.run.suite.blocks:
        conductor.run = _extended(keeper.run, fixed)
        rest = tuple(_to_do(conductor.run, prepared))
        narrator.say(f"The pilot fixes the number of blocks at {fixed}.")
        narrator.plan_more(total_seconds(rest, prepared.paces))
        conductor.carry_out(rest)


def _to_do(run: Run, prepared: Prepared) -> Iterable[AnyStep]:
    """The steps whose trials are not done."""
    return remaining(plan(run.suite, tuple(prepared.stacks), run.seed), run.done(), run.measured_alone())


def _fixed(run: Run, prepared: Prepared, options: RunOptions, spent_s: float, block_s: float) -> int:
    """How many blocks there are to be in all, by the spread within the pilot's and by the time that is left.

    ``block_s`` is how long a block takes by the pace of what was measured.
    """
    suite = run.suite
    if suite.precision is None or suite.blocks != prepared.suite.blocks:
        return suite.blocks
    most = suite.most_blocks
    if options.time_budget_s is not None:
        left_s = options.time_budget_s - spent_s
        most = min(most, suite.blocks + max(0, int(left_s / block_s)))
    return blocks_after_pilot(run.comparisons, suite.precision, most) or suite.blocks


def _extended(run: Run, blocks: int) -> Run:
    """The run with its number of blocks fixed."""
    trials = len(run.suite.scenarios) * len(run.stacks) * blocks
    return replace(run, suite=run.suite.with_blocks(blocks), planned=trials)


def _block_seconds(prepared: Prepared) -> float:
    return total_seconds(prepared.steps, prepared.paces) / prepared.suite.blocks


def _show(run: Run, folder: Path, output: Output) -> None:
    if output.json:
        output.out.file.write(to_json(run))
    elif not output.quiet:
        run_tables.show(run, output.out)
        Page(output.out).paragraph(f"Report: {folder / HTML_FILE}", rest="  ")


def exit_status(run: Run) -> int:
    """3 if a stack that is no control could not be measured at all somewhere, else 0."""
    if run.suite.search is not None:
        # A server that ends under a load that was too much for it is a finding.
        found = {finding.stack for finding in run.findings}
        missing = [name for name, about in run.stacks.items() if name not in found and about.tier != "control"]
        return STACK_FAILED if missing else 0
    failed = {
        result.place.stack
        for result in run.results
        if isinstance(result, Failure) and run.stacks[result.place.stack].tier != "control"
    }
    return STACK_FAILED if failed else 0
