"""The launcher that the options name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stackduel.launch.compose.compose_launcher import ComposeLauncher
from stackduel.launch.compose.compose_project import stacks_up
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.launch.launcher import Launcher
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.launch.url import UrlLauncher
from stackduel.model.run_options import RunOptions
from stackduel.planning.run_plan import RunPlan


def running_stacks(options: RunOptions) -> frozenset[str] | None:
    """Return the stacks that an attached project has up; None if this run starts its stacks itself."""
    return stacks_up(options.project) if options.launcher == "compose" else None


def launcher_for(plan: RunPlan, run_id: str, folder: Path, say: Callable[[str], None]) -> Launcher:
    """Return the launcher of a plan; its servers write their logs below ``folder``."""
    options = plan.options
    own = Path(options.model) if options.model else None
    match options.launcher:
        case "local":
            return LocalLauncher(plan.budget, folder / "logs", own_model=own, device=plan.device)
        case "docker":
            return ContainerLauncher(plan.budget, run_id, say, own_model=own, device=plan.device)
        case "compose":
            return ComposeLauncher(run_id, options.project)
        case "url":
            return UrlLauncher()
