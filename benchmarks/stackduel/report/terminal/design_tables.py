"""The design of an ablation, its switches, arms and blocks; and that of a tuning, its candidates and rounds."""

from __future__ import annotations

from collections.abc import Sequence

from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.command_lines import shell_line
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.model.tune_settings import TuneSettings
from stackduel.report.terminal.page import Page
from stackduel.search.tune_schedule import SUPPOSED_REQUEST_S, schedule

ON, OFF = "+", "."


def show_design(settings: AblationSettings, scenarios: Sequence[Scenario], page: Page) -> None:
    """Print the switches with their values, the requests, and which switches are on in which arm."""
    page.heading(f"Ablation of {settings.ablated}: {settings.goal}")
    page.line()
    page.heading("Requests, in this order on every arm")
    widest = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        load = f"{scenario.label}, {counted(scenario.load.connections, 'connection')}, {scenario.load.duration_s:g} s"
        page.paragraph(load, first=f"  {scenario.name:<{widest}}  ")
    page.line()
    page.heading("Switches")
    rows = [
        (str(number), each.name, f"{each.variable}={each.off}", f"{each.variable}={each.on}", ", ".join(each.scenarios))
        for number, each in enumerate(settings.switches, 1)
    ]
    headings = ("no.", "switch", "off", "on", "measured by")
    page.table(headings, rows, words={"switch", "off", "on", "measured by"})
    for each in settings.unmeasured:
        page.item(f"not measured: {each.name} ({each.reason})")
    page.line()
    _show_arms(settings, page)


def _show_arms(settings: AblationSettings, page: Page) -> None:
    page.heading(f"Arms, by the numbers of the switches ({ON} is on, {OFF} is off)")
    numbers = tuple(str(number) for number, _ in enumerate(settings.switches, 1))
    rows = [(arm.name, *(ON if each.name in arm.on else OFF for each in settings.switches)) for arm in settings.arms]
    page.table(("arm", *numbers), rows, words={"arm"})
    design = len(settings.design_blocks)
    pairs = len(settings.blocks) - design
    per_block = len(settings.blocks[settings.design_blocks[0] - 1])
    text = f"{counted(design, 'block')} of {counted(per_block, 'arm')} each, in an order drawn anew for each block"
    if settings.design == "plackett-burman":
        text += (
            f"; every second one holds the mirror image. {counted(pairs, 'block')} of everything off and everything on"
        )
    page.paragraph(f"{text}.")


def show_tuning(settings: TuneSettings, run: Run, launch_s: float, page: Page) -> None:
    """Print the current command, every candidate with its command, and how the time is divided."""
    page.heading(f"Tuning: {settings.goal}, with {settings.python} ({settings.interface.upper()})")
    scenario = run.suite.scenarios[0]
    page.paragraph(f"{scenario.label}, {counted(scenario.load.connections, 'connection')}", first="  ")
    page.line()
    page.heading(f"The current command ({settings.origin})")
    page.paragraph(shell_line(run.stacks[run.baseline]) or run.baseline, first="  ")
    page.line()
    page.heading("Candidates")
    rows = [
        (
            each.stack,
            str(each.workers),
            "-" if each.threads is None else str(each.threads),
            "no limit" if each.slots is None else str(each.slots),
            shell_line(run.stacks[each.stack]) or "",
        )
        for each in settings.candidates
    ]
    page.table(("stack", "workers", "threads", "slots", "command"), rows, words={"stack", "command"})
    page.line()
    planned = schedule(len(settings.candidates), settings.budget_s, launch_s, SUPPOSED_REQUEST_S)
    rounds = ", then ".join(f"{counted(size, 'candidate')} for {planned.window_s(number):.2g} s each"
                            for number, size in enumerate(planned.rounds, 1))  # fmt: skip
    page.paragraph(
        "First one request alone says how long it waits and computes, and by Little's law how many slots it takes: the "
        f"candidates that fit best are screened. For a request of {1000 * SUPPOSED_REQUEST_S:g} ms that is {rounds}; "
        f"then the best {planned.finalists} beside the current command and its twin in "
        f"{counted(run.suite.blocks, 'block')} of {planned.confirming_s:.2g} s windows."
    )
