"""``stackduel serve``: stacks as local processes on their registered ports, until Ctrl-C."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from stackduel.cli import options
from stackduel.launch.launcher import Started
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.launch.local.ports import registered_port
from stackduel.model.budget import Budget
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.similar import did_you_mean
from stackduel.model.stack import Registered, Stack
from stackduel.planning.registry import registered_stacks
from stackduel.planning.shortfall import refuse_without_packages
from stackduel.planning.stacks_file import read_own_file
from stackduel.process.cores import usable_cores
from stackduel.process.interrupts import as_keyboard_interrupt
from stackduel.report.terminal.page import message, standard_output

POLL_S = 0.5


@click.command("serve")
@options.stacks
@options.stacks_file
def serve_command(stacks: tuple[str, ...] | None, stacks_file: str | None) -> int:
    """Run stacks as local processes on their own ports until Ctrl-C: the classic three, or those of --stacks."""
    return serve(stacks, stacks_file, standard_output())


def serve(names: tuple[str, ...] | None, stacks_file: str | None, console: Console) -> int:
    """Start the stacks, say where they are, and wait; return the exit status once one of them ends."""
    stacks = _wanted(names, stacks_file)
    every_core = usable_cores()
    budget = Budget(every_core, every_core, every_core)
    with as_keyboard_interrupt(), tempfile.TemporaryDirectory(prefix="stackduel-") as logs, ExitStack() as running:
        launcher = running.enter_context(LocalLauncher(budget, Path(logs), choose_port=registered_port))
        started: dict[str, Started] = {}
        for stack in stacks:
            started[stack.name] = running.enter_context(launcher.start(stack))
            message(console, f"{stack.name}: {started[stack.name].address.url}")
        message(console, "Ctrl-C stops them all.")
        while True:
            for name, server in started.items():
                reason = server.failure()
                if reason:
                    raise LaunchError(f"{name}: {reason}\n{server.log_tail()}")
            time.sleep(POLL_S)


def _wanted(names: tuple[str, ...] | None, stacks_file: str | None) -> list[Stack]:
    known = registered_stacks()
    if stacks_file:
        known |= read_own_file(Path(stacks_file)).stacks
    if names is None:
        return [
            stack
            for stack in known.values()
            if isinstance(stack.source, Registered) and stack.source.entry.profile == "classic"
        ]
    for name in names:
        if name not in known:
            close = did_you_mean(name, known) or "; stackduel list shows all stacks"
            raise FieldError(f"--stacks: {name!r} is unknown{close}")
    wanted = [known[name] for name in dict.fromkeys(names)]
    refuse_without_packages(wanted)
    return wanted
