"""The plan of a run: its scenarios and stacks, their order in each block, and how long they take."""

from __future__ import annotations

from rich.console import Console

from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.counted import counted
from stackduel.model.duration import duration
from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.tune_settings import TuneSettings
from stackduel.planning.estimates import SOLO_S, step_seconds, total_seconds
from stackduel.planning.order import trials_in
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.search_estimates import search_seconds
from stackduel.report.terminal.design_tables import show_design, show_tuning
from stackduel.report.terminal.page import ASIDE, Page

# The orders of so many blocks are enough to see that each has its own.
MOST_ORDERS = 12


def show(run: Run, plan: RunPlan, console: Console) -> None:
    """Print what a run measures, and in which order; without the user's seed, the order is an example."""
    page = Page(console)
    if isinstance(plan.suite.search, AblationSettings):
        show_design(plan.suite.search, plan.suite.scenarios, page)
    elif isinstance(plan.suite.search, TuneSettings):
        show_tuning(plan.suite.search, run, plan.paces[plan.baseline].launch_s, page)
    elif isinstance(plan.suite.search, ScalingSettings):
        _show_blocks(run, plan, page)
    elif plan.suite.search:
        _show_searches(run, plan, page)
    else:
        _show_blocks(run, plan, page)
    page.line()
    for note in plan.notes:
        page.note(note)
    page.line(f"{_cost(plan)}; nothing was started.")


def _cost(plan: RunPlan) -> str:
    if not plan.suite.is_planned:
        return f"About {duration(plan.preflight_s + plan.search_s)}, more or less"
    return f"{trials_in(plan.steps)} trials, about {duration(plan.preflight_s + total_seconds(plan.steps, plan.paces))}"


def _show_blocks(run: Run, plan: RunPlan, page: Page) -> None:
    suite = run.suite
    counts = (counted(len(suite.stacks), "stack"), counted(len(suite.scenarios), "scenario"))
    page.heading(f"{suite.name}: {', '.join(counts)}, {counted(suite.blocks, 'block')}")
    page.line()
    page.heading("Scenarios, in this order on every stack")
    widest = max(len(scenario.name) for scenario in suite.scenarios)
    for scenario in suite.scenarios:
        scaled = f" (published: {scenario.published.target})" if scenario.published else ""
        page.paragraph(f"{scenario.label}{scaled}", first=f"  {scenario.name:<{widest}}  ")
    names = _show_stacks(run, plan, page)
    _show_orders(names, plan, page)
    if suite.most_blocks > suite.blocks:
        most = duration(total_seconds(plan.steps, plan.paces) * suite.most_blocks / suite.blocks)
        page.line()
        page.paragraph(
            f"After these {suite.blocks} blocks their number is fixed once, at most at {suite.most_blocks} "
            f"(about {most} in all)."
        )


def _show_stacks(run: Run, plan: RunPlan, page: Page) -> list[str]:
    """Print the stacks, and the models measured alone, with a number each; return their names in this order."""
    first: dict[str, PlanStep | IsolatedStep] = {}
    for step in plan.steps:
        first.setdefault(_name(step), step)
    names = [name for name in [*run.stacks, *(f"{model} alone" for model in plan.suite.models)] if name in first]
    page.line()
    page.heading("Stacks, each once in a block on a fresh server")
    rows = [
        (
            str(number),
            name,
            _tier(name, run),
            duration(SOLO_S if isinstance(first[name], IsolatedStep) else step_seconds(first[name], plan.paces)),
        )
        for number, name in enumerate(names, 1)
    ]
    page.table(("no.", "stack", "tier", "a block"), rows, words={"stack", "tier"}, least_needed=("tier",))
    return names


def _show_orders(names: list[str], plan: RunPlan, page: Page) -> None:
    """Print the numbers of the stacks in the order of each block."""
    numbers = {name: str(number) for number, name in enumerate(names, 1)}
    widest, blocks = len(str(len(names))), plan.suite.blocks
    page.line()
    page.heading("Order, drawn anew for each block")
    for block in range(1, min(blocks, MOST_ORDERS) + 1):
        order = [numbers[_name(step)].rjust(widest) for step in plan.steps if step.block == block]
        first = f"  block {str(block).rjust(len(str(min(blocks, MOST_ORDERS))))}: "
        page.paragraph(" ".join(order), first=first)
    if blocks > MOST_ORDERS:
        page.item(f"and {counted(blocks - MOST_ORDERS, 'block')} more, each in an order of its own")
    if plan.options.seed is None:
        page.item("(an example: without --seed every run draws others)", ASIDE)


def _name(step: PlanStep | IsolatedStep) -> str:
    return f"{step.model} alone" if isinstance(step, IsolatedStep) else step.stack


def _tier(name: str, run: Run) -> str:
    return run.stacks[name].tier if name in run.stacks else "no stack: the model in one process"


def _show_searches(run: Run, plan: RunPlan, page: Page) -> None:
    suite, settings = run.suite, run.suite.search
    if settings is None:
        raise ValueError(f"suite {suite.name} searches for nothing")
    counts = f"{counted(len(suite.stacks), 'stack')}, {counted(len(suite.scenarios), 'scenario')}"
    page.heading(f"{suite.name}: {counts}; looks for {settings.goal}")
    for scenario in suite.scenarios:
        page.line()
        page.heading(f"{scenario.name}  {scenario.label}")
        rows = [
            (name, run.stacks[name].tier, duration(search_seconds(settings, scenario, pace)))
            for name, pace in plan.paces.items()
        ]
        page.table(("stack", "tier", "about"), rows, words={"stack", "tier"})
