"""A model measured alone, in a process of its own on the server's cores, while no stack runs."""

from __future__ import annotations

from stackduel.inference.isolated_bench import command, parse
from stackduel.launch.launcher import Launcher
from stackduel.model.errors import LaunchError
from stackduel.model.isolated import IsolatedFailure, IsolatedResult
from stackduel.model.plan_step import IsolatedStep


def measure_alone(launcher: Launcher, step: IsolatedStep) -> IsolatedResult | None:
    """Measure the model of a step; return a failure with its reason, and None if the launcher starts nothing."""
    if launcher.budget is None:
        return None
    try:
        output = launcher.alone(command(step.model, len(launcher.budget.server)))
        return parse(step.model, step.block, output)
    except (LaunchError, ValueError) as error:
        return IsolatedFailure(step.model, step.block, str(error))
