"""The words and the environment of a user's command, for one start on one port."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stackduel.model.stack import Command
from stackduel.model.target import Address
from stackduel.planning.command_lookup import path_of


def filled(text: str, address: Address) -> str:
    """Return a word or a variable with the address that the server is to listen on."""
    return text.replace("{port}", str(address.port)).replace("{host}", address.host).replace("{socket}", address.socket)


def environment_of(command: Command, environment: Mapping[str, str], address: Address) -> dict[str, str]:
    """Return the environment of a command: ours, and the user's, with the folder of its Python first on PATH."""
    own = {name: filled(value, address) for name, value in command.env.items()}
    path = {"PATH": path_of(command, environment)}
    if command.python is None:
        return {**environment, **own}
    folder = command.python.parent.parent
    # As the environment's own script for activating it does.
    rest = {name: value for name, value in environment.items() if name not in {"PYTHONHOME", "VIRTUAL_ENV"}}
    return {**rest, "VIRTUAL_ENV": str(folder), **own, **path}


def ends_well(words: Sequence[str], environment: Mapping[str, str], folder: Path, within_s: float = 10.0) -> bool:
    """Return whether a command ends by itself with the exit status 0; what it prints is nobody's."""
    try:
        ended = subprocess.run(
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            cwd=folder,
            timeout=within_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
