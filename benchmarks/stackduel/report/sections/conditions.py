"""The conditions under which a run was measured, in a few lines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from stackduel.analysis.decision import SMALLEST_MARGIN
from stackduel.model.aa_pair import is_twin
from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.budget import Budget
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.report.sections.blocks import Block, Code, Paragraph, Section, Sentences
from stackduel.report.sections.interpreters import interpreter_lines


def sections(run: Run) -> Iterator[Section]:
    """Yield the conditions in a few lines, and the command."""
    lines = (*([run.suite.summary] if run.suite.summary else ()), *condition_lines(run))
    yield Section("measured", "How it was measured", (Sentences(lines), *command_blocks(run)))


def condition_lines(run: Run) -> Iterator[str]:
    """Yield how the run was measured, the host, and which differences are too small for it."""
    yield _how(run)
    yield from _budget(run)
    yield from _host(run)
    yield from interpreter_lines(run)
    yield from _margin(run)


def budget_text(budget: Budget, launcher: str | None) -> str:
    """Return the cores and the memory of each stack, and the launcher."""
    return f"{counted(len(budget.server), 'core')} and {budget.memory_mib} MiB, by the {launcher} launcher"


def command_blocks(run: Run) -> tuple[Block, ...]:
    """Return the command that measured the run, quoted for a shell, below its introduction."""
    return Paragraph("It was measured by this command:"), Code(shlex.join(run.command))


def _how(run: Run) -> str:
    stacks = counted(sum(not is_twin(name) for name in run.stacks), "stack")
    twin = ", and the baseline once more as its twin" if any(map(is_twin, run.stacks)) else ""
    if isinstance(run.suite.search, AblationSettings):
        arms, trials = len(run.suite.search.arms), f"{len(run.done())} of {run.planned} trials measured"
        asked = f"{run.suite.search.goal[:1].upper()}{run.suite.search.goal[1:]}, in {counted(arms, 'arm')}"
        return f"{asked} and {counted(run.suite.blocks, 'block')}; {trials}. Started {run.started}, seed {run.seed}."
    if isinstance(run.suite.search, ScalingSettings):
        scaling, blocks = run.suite.search, counted(run.suite.blocks, "block")
        done = f"{len(run.done())} of {run.planned} trials measured"
        return (
            f"{counted(len(scaling.stacks), 'stack')} on {scaling.counts_text}; {blocks}, each stack freshly started "
            f"on each number of cores in each, in a drawn order (seed {run.seed}); {done}. Started {run.started}."
        )
    if run.suite.search:
        goal = f": the goal is {run.suite.search.goal}"
        return f"{stacks}{goal}. Started {run.started}, seed {run.seed}."
    blocks = counted(run.suite.blocks, "block")
    trials = f"{len(run.done())} of {run.planned} trials measured"
    return (
        f"{stacks}{twin}; {blocks}, each stack freshly started in each, in a drawn order (seed {run.seed}); {trials}. "
        f"Started {run.started}."
    )


def _budget(run: Run) -> Iterator[str]:
    environment, budget = run.environment, run.environment.budget
    if not budget:
        return
    where = "on one of these" if set(budget.server) & set(budget.generator) else "on another"
    timeout_s = environment.timeout_s
    timeout = "" if timeout_s is None else f"; a request may take {timeout_s:g} s"
    yield (f"Each stack had {budget_text(budget, environment.launcher)}; the load generator worked {where}{timeout}.")


def _host(run: Run) -> Iterator[str]:
    host = run.environment
    parts = [
        host.processor,
        None if host.cores is None else counted(host.cores, "core"),
        None if host.memory_mib is None else f"{host.memory_mib:,} MiB",
        host.system,
        # What the stacks run on says more than what stackduel does.
        None if host.interpreters else host.python,
        ", ".join(host.gpus),
        f"models on {host.device}" if run.suite.models and host.device else None,
    ]
    known = [part for part in parts if part]
    if known:
        yield f"Host: {', '.join(known)}."


def _margin(run: Run) -> Iterator[str]:
    margins = [each.margin for each in run.comparisons if each.margin is not None and not is_twin(each.candidate)]
    if margins:
        least, most = (f"{100 * bound:.1f}" for bound in (min(margins), max(margins)))
        share = f"{most} %" if least == most else f"{least} to {most} %, by scenario and stack,"
        yield (
            f"Speedups within {share} count as no difference: the largest of {100 * SMALLEST_MARGIN:g} %, the "
            "baseline's difference from its twin, and the smallest difference that the windows can show."
        )
