"""The launcher that the options name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from stackduel.launch.companion import NamedServer
from stackduel.launch.compose.compose_launcher import ComposeLauncher
from stackduel.launch.compose.compose_project import stacks_up
from stackduel.launch.docker.companion_containers import CompanionContainers
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.launch.launcher import Launcher
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.launch.local.nginx import nginx_before
from stackduel.launch.own_companions import CompanionLauncher, StartCompanion
from stackduel.launch.postgres.database import Database, given_database, own_database
from stackduel.launch.postgres.database_launcher import DatabaseLauncher
from stackduel.launch.proxied import ProxyLauncher, StartProxy
from stackduel.launch.redacted_launcher import RedactedLauncher
from stackduel.launch.reset import ResettingLauncher
from stackduel.launch.url import UrlLauncher
from stackduel.model.errors import LaunchError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Command, Image, OwnCompanion, Stack
from stackduel.model.target import Address
from stackduel.planning.database_file import given_place
from stackduel.planning.postgres_installation import INSTALL, postgres_client, postgres_server
from stackduel.planning.run_plan import RunPlan
from stackduel.storage.redaction import Redaction
from stackduel.storage.run_document import redaction_for


def running_stacks(options: RunOptions) -> frozenset[str] | None:
    """Return the stacks that an attached project has up; None if this run starts its stacks itself."""
    return stacks_up(options.project) if options.launcher == "compose" else None


def launcher_for(plan: RunPlan, run_id: str, folder: Path, say: Callable[[str], None]) -> Launcher:
    """Return the launcher of a plan; its servers write their logs, without secrets, below ``folder``.

    Before each start it starts the companions of the stack, fills the tables of the database, and runs the stack's
    reset; after it, it starts its proxy, where there are any.
    """
    redaction = redaction_for(plan.secrets, plan.suite, plan.stacks)
    launcher = _launcher(plan, run_id, folder, say, redaction)
    whole: Launcher = launcher
    if any(stack.reset for stack in plan.stacks.values()):
        whole = ResettingLauncher(whole)
    if plan.suite.database:
        whole = DatabaseLauncher(whole, _database_opener(plan, launcher))
    if any(stack.companions for stack in plan.stacks.values()):
        whole = CompanionLauncher(whole, _companion_starter(plan, launcher, run_id, say))
    if any(stack.proxy for stack in plan.stacks.values()):
        whole = ProxyLauncher(whole, _proxy_starter(launcher))
    return RedactedLauncher(whole, redaction)


def _proxy_starter(launcher: Launcher) -> StartProxy:
    """Return what starts a proxy: nginx as a process beside local stacks."""

    def start(stack: Stack, upstream: Address) -> AbstractContextManager[NamedServer]:
        if isinstance(launcher, LocalLauncher):
            return nginx_before(launcher, stack, upstream)
        raise LaunchError(f"{stack.name}: --launcher {launcher.name} starts no proxy")

    return start


def _companion_starter(plan: RunPlan, launcher: Launcher, run_id: str, say: Callable[[str], None]) -> StartCompanion:
    """Return what starts a companion: a command as a process beside local stacks, an image as a container."""
    containers = CompanionContainers(run_id, plan.budget.downstream, say)

    def start(companion: OwnCompanion) -> AbstractContextManager[NamedServer]:
        match companion.source:
            case Command() as command if isinstance(launcher, LocalLauncher):
                return launcher.companion(companion, command)
            case Image() as image:
                return containers.serving(companion, image, launcher.network)
        raise LaunchError(f"companion {companion.name}: --launcher {launcher.name} starts no command")

    return start


def _database_opener(plan: RunPlan, launcher: Launcher) -> Callable[[], AbstractContextManager[Database]]:
    """Return what opens the database of a plan: the user's, or one of ours beside local stacks."""

    def opened() -> AbstractContextManager[Database]:
        place = given_place(plan.options)
        installation = postgres_client() if place else postgres_server()
        if installation is None:
            raise LaunchError(f"PostgreSQL is not installed: {INSTALL}")
        if place is not None:
            return given_database(place, installation)
        if not isinstance(launcher, LocalLauncher):
            raise LaunchError(f"--launcher {launcher.name} starts no database")
        return own_database(installation, launcher.companion)

    return opened


def _launcher(plan: RunPlan, run_id: str, folder: Path, say: Callable[[str], None], redaction: Redaction) -> Launcher:
    options = plan.options
    own = Path(options.model) if options.model else None
    match options.launcher:
        case "local":
            logs = folder / "logs"
            return LocalLauncher(plan.budget, logs, own_model=own, device=plan.device, redaction=redaction, say=say)
        case "docker":
            inside = options.generator == "container"
            return ContainerLauncher(plan.budget, run_id, say, own_model=own, device=plan.device, load_inside=inside)
        case "compose":
            wanted = plan.budget.server if options.cores is not None else ()
            return ComposeLauncher(run_id, options.project, cores=wanted)
        case "url":
            return UrlLauncher()
