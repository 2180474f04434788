"""The check before anything is measured: every stack is started once and asked everything, and all faults are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from stackduel.launch.server_logs import telling_line
from stackduel.model.aa_pair import original_of
from stackduel.model.counted import counted
from stackduel.model.errors import LaunchError
from stackduel.model.plan_step import PlanStep
from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.trial import Failure, Place
from stackduel.model.tune_settings import TuneSettings
from stackduel.planning.run_plan import RunPlan
from stackduel.process.interrupts import go_on_interrupting
from stackduel.runner.interpreters import forced_by
from stackduel.runner.run_context import RunContext
from stackduel.storage.run_document import redaction_of
from stackduel.verify.verification import VerifyError

LONGEST_LINE = 300


def preflight(context: RunContext, run: Run) -> RunContext:
    """Start every stack once and verify its answers to all scenarios, the baseline's first; return the context without
    the stacks that cannot run, and with what their logs say of the GIL.

    Their failures are saved. Raises LaunchError with a line for each of them, unless only controls are among them, or
    the options say to go on and the baseline is not among them.
    """
    whole = context.trial_runner.sandbox.made_whole
    forced: dict[str, str] = {}
    faults = {
        stack.name: fault
        for stack in _stacks(context.plan, run)
        if (fault := whole(partial(_fault, context, stack, forced)))
    }
    context = replace(context, gil_forced_by=forced) if forced else context
    if not faults:
        return context
    redaction = redaction_of(run)
    told = {name: redaction.text(str(fault)) for name, fault in faults.items()}
    context.save(_with_failures(run, told))
    lines = [redaction.text(line) for fault in faults.values() for line in fault_lines(fault)]
    if _is_refused(context.plan, faults):
        raise LaunchError("\n".join((_refusal(context.plan, faults), *(f"  {line}" for line in lines))))
    for line in lines:
        context.progress.print_line(f"Left out: {line}")
    context.progress.leave_out(tuple(faults))
    return replace(context, plan=_without(context.plan, faults))


def fault_lines(fault: LaunchError | VerifyError | ProcessLookupError) -> list[str]:
    """Return what is wrong with a stack: of a failed start a line, of wrong answers a line for each."""
    if not isinstance(fault, LaunchError):
        return [_cut(line) for line in str(fault).splitlines()]
    log = [line.strip() for line in fault.log.splitlines() if line.strip()]
    telling = telling_line(fault.log) or (log[-1] if log else "")
    said = "" if telling in fault.why else telling
    return [" | ".join(_cut(part) for part in (fault.why, said, fault.hint) if part)]


def _stacks(plan: RunPlan, run: Run) -> list[Stack]:
    """Return the stacks that have anything left to measure, and the baseline, whose answers are the right ones."""
    left = {step.stack for step in plan.steps_left(run) if isinstance(step, PlanStep)}
    if not left and plan.suite.is_planned:
        return []
    names = dict.fromkeys((plan.baseline, *plan.checked))
    needed = {*names} if plan.suite.search else {plan.baseline, *left}
    return [plan.stacks[name] for name in names if name in needed]


def _fault(
    context: RunContext, stack: Stack, forced: dict[str, str]
) -> LaunchError | VerifyError | ProcessLookupError | None:
    """Start a stack and ask it everything; return what is wrong. A module that forces the GIL goes into ``forced``.

    A worker timeout is part of what is measured, not of what is right: a stream that it would cut is verified whole.
    """
    context.progress.checking(stack.name)
    try:
        with context.launcher.start(stack.unhurried) as started:
            context.trial_runner.verify(stack.name, started, context.plan.suite.scenarios)
            if module := forced_by(started):
                forced[stack.name] = module
    except (LaunchError, VerifyError, ProcessLookupError) as error:
        go_on_interrupting(error)
        return error
    return None


def _is_refused(plan: RunPlan, faults: Iterable[str]) -> bool:
    """Return whether there is nothing to go on with, or the user did not say to go on without these stacks."""
    if plan.suite.is_planned and (plan.suite.search or plan.baseline in faults):
        return True
    if isinstance(plan.suite.search, TuneSettings) and plan.baseline in faults:
        return True
    if set(faults) >= {original_of(name) for name in plan.stacks}:
        return True
    return not plan.options.keep_going and any(not plan.stacks[name].is_control for name in faults)


def _refusal(plan: RunPlan, faults: Mapping[str, object]) -> str:
    stacks = len(plan.checked)
    cannot = f"{len(faults)} of {counted(stacks, 'stack')} cannot be measured, so nothing was"
    if plan.suite.search is None and plan.baseline in faults:
        return f"{cannot}; the baseline, {plan.baseline}, is among them:"
    # Of two commits one alone says nothing: pr has no such option.
    can_go_on = plan.options.keep_going is not None and len(faults) < stacks
    return f"{cannot} (--keep-going measures the others):" if can_go_on else f"{cannot}:"


def _with_failures(run: Run, told: Mapping[str, str]) -> Run:
    """Return the run with a failure in each scenario of these stacks, and without their trials in its plan."""
    twins = [name for name in run.stacks if original_of(name) in told]
    left = len(run.stacks) - len(twins)
    for name, reason in told.items():
        for scenario in run.suite.scenarios:
            run = run.plus(Failure(Place(name, scenario.name, 1), reason))
    return replace(run, planned=run.planned // len(run.stacks) * left)


def _without(plan: RunPlan, faults: Iterable[str]) -> RunPlan:
    left_out = set(faults)
    stacks = {name: stack for name, stack in plan.stacks.items() if original_of(name) not in left_out}
    paces = {name: pace for name, pace in plan.paces.items() if name in stacks}
    steps = tuple(step for step in plan.steps if not isinstance(step, PlanStep) or step.stack in stacks)
    return replace(plan, stacks=stacks, paces=paces, steps=steps)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} ..."
