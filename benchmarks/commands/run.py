"""``stackduel run``: measure a suite, save every trial, print the tables."""

from __future__ import annotations

import secrets
import shlex
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import store
from benchmarks.commands.machinery import engine_for, launcher_for, reach_for, running_stacks
from benchmarks.document import suite_to_dict
from benchmarks.environment import environment
from benchmarks.fields import FieldError
from benchmarks.interrupts import as_keyboard_interrupt, kept_on
from benchmarks.observe import host
from benchmarks.options import RunOptions
from benchmarks.plan import Step, remaining, total_seconds
from benchmarks.prepare import Prepared, prepare
from benchmarks.record import Run, Status
from benchmarks.report import console, markdown
from benchmarks.report.progress import Narrator, duration, planned_steps
from benchmarks.run import Conductor
from benchmarks.trial import Failure
from benchmarks.verdict import compare

MAX_SEED = 2**31 - 1
STACK_FAILED = 3
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Output:
    """How a run speaks: tables, JSON or nothing on standard output; progress and errors on standard error."""

    out: Console
    err: Console
    json: bool = False
    quiet: bool = False


def start(options: RunOptions, results: Path, output: Output) -> int:
    """Measure from the beginning; returns the exit status."""
    seed = options.seed if options.seed is not None else secrets.randbelow(MAX_SEED)
    prepared = prepare(options, seed, running_stacks(options))
    started = datetime.now(UTC)
    run_id = f"{started:%Y%m%d-%H%M%S}-{prepared.suite.name}-{secrets.token_hex(2)}"
    run = Run(
        run_id=run_id,
        started=started.isoformat(timespec="seconds"),
        command=("stackduel", *sys.argv[1:]),
        options=options.to_dict(),
        seed=seed,
        environment={},
        suite=prepared.suite,
        baseline=prepared.baseline,
        stacks={
            name: {"tier": stack.tier, "summary": stack.summary, **stack.settings()}
            for name, stack in prepared.stacks.items()
        },
        planned=sum(len(step.scenarios) for step in prepared.steps),
        secrets=prepared.secrets,
    )
    return _measure(run, prepared, prepared.steps, results / run_id, options, output)


def resume(where: Path, output: Output) -> int:
    """Go on with a run that stopped; returns the exit status."""
    before = store.load(where)
    folder = where if where.is_dir() else where.parent
    options = RunOptions.from_dict(before.options)
    prepared = prepare(options, before.seed, frozenset(before.suite.stacks))
    _refuse_if_changed(before, prepared)
    run = replace(
        before,
        suite=prepared.suite,
        secrets=prepared.secrets,
        # What failed is tried again; what was measured stands.
        results=tuple(result for result in before.results if not isinstance(result, Failure)),
    )
    steps = remaining(prepared.steps, run.done())
    return _measure(run, prepared, steps, folder, options, output)


def dry_run(options: RunOptions, output: Output) -> int:
    """Print the plan and how long it will take."""
    seed = options.seed if options.seed is not None else 0
    prepared = prepare(options, seed, running_stacks(options))
    for line in planned_steps(prepared.steps, prepared.paces):
        output.out.print(line, markup=False, highlight=False, soft_wrap=True)
    for note in prepared.notes:
        output.out.print(f"Note: {note}", markup=False, highlight=False, soft_wrap=True)
    total_s = total_seconds(prepared.steps, prepared.paces)
    trials = sum(len(step.scenarios) for step in prepared.steps)
    output.out.print(f"{trials} trials, about {duration(total_s)}; nothing was started.", highlight=False)
    return 0


def _measure(
    run: Run, prepared: Prepared, steps: tuple[Step, ...], folder: Path, options: RunOptions, output: Output
) -> int:
    path = store.save(run, folder)
    total_s = total_seconds(steps, prepared.paces)
    with Narrator(output.err, total_s, prepared.paces, quiet=output.quiet) as narrator:
        narrator.say(f"{run.run_id}: {len(run.stacks)} stacks, about {duration(total_s)}; saving to {path}")
        keeper = Keeper(folder, run)
        try:
            _conduct(keeper, prepared, steps, folder, options, narrator)
        except KeyboardInterrupt:
            keeper.finish("interrupted")
            narrator.say(f"Interrupted; what was measured is in {path}")
            narrator.say(f"Go on with: stackduel run --resume {shlex.quote(str(folder))}")
            _show(keeper.run, folder, output)
            return INTERRUPTED
        except BaseException:
            keeper.finish("failed")
            raise
        keeper.finish("complete")
    _show(keeper.run, folder, output)
    return exit_status(keeper.run)


class Keeper:
    """Holds the newest state of the run and writes each one to disk."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.run = run
        self._folder = folder

    def keep(self, run: Run) -> None:
        """Save the run as it is now, compared as far as it goes."""
        self.run = replace(run, comparisons=compare(run.results, run.baseline))
        store.save(self.run, self._folder)

    def finish(self, status: Status) -> None:
        """Save the run and its Markdown report for the last time."""
        self.keep(replace(self.run, status=status))
        (self._folder / "report.md").write_text(markdown.render(self.run), encoding="utf-8")


def _conduct(
    keeper: Keeper,
    prepared: Prepared,
    steps: tuple[Step, ...],
    folder: Path,
    options: RunOptions,
    narrator: Narrator,
) -> None:
    machine = host.describe()
    run_id = keeper.run.run_id
    with (
        as_keyboard_interrupt(),
        kept_on(prepared.budget.downstream),
        launcher_for(options, prepared, run_id, folder, narrator.say) as launcher,
        engine_for(options, prepared, launcher, run_id, narrator.say) as engine,
    ):
        facts = environment(options, prepared, launcher, machine)
        conductor = Conductor(
            replace(keeper.run, status="running", environment=facts),
            prepared.stacks,
            launcher=launcher,
            engine=engine,
            reach=reach_for(options),
            budget=prepared.budget,
            driver=options.driver,
            timeout_s=options.timeout_s,
            keep=keeper.keep,
            show=narrator,
        )
        try:
            conductor.carry_out(steps)
        finally:
            # Only now does the launcher know every image that it used.
            keeper.keep(replace(conductor.run, environment=environment(options, prepared, launcher, machine)))


def _show(run: Run, folder: Path, output: Output) -> None:
    if output.json:
        output.out.file.write(store.to_json(run))
    elif not output.quiet:
        console.show(run, output.out)
        output.out.print(f"Report: {folder / 'report.md'}", markup=False, highlight=False, soft_wrap=True)


def exit_status(run: Run) -> int:
    """3 if a stack that is no control could not be measured at all somewhere, else 0."""
    failed = {
        result.place.stack
        for result in run.results
        if isinstance(result, Failure) and run.stacks[result.place.stack]["tier"] != "control"
    }
    return STACK_FAILED if failed else 0


def _refuse_if_changed(before: Run, prepared: Prepared) -> None:
    """A run may only go on with what it began with; raises FieldError."""
    stored, now = suite_to_dict(before.suite), suite_to_dict(prepared.suite)
    changed = sorted(name for name in stored if stored[name] != now[name])
    if changed:
        raise FieldError(f"--resume: the suite's {', '.join(changed)} changed since run {before.run_id} began")
    python = host.describe()["python"]
    if before.environment and before.environment.get("python") != python:
        raise FieldError(f"--resume: run {before.run_id} began on {before.environment['python']}, this is {python}")
