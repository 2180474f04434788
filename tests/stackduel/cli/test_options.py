"""The options that several commands have."""

from __future__ import annotations

from typing import get_args

import click
import pytest

from stackduel.cli.groups import GROUPS, commands
from stackduel.model.driver import DriverName
from stackduel.model.run_options import DeviceName, GeneratorPlace, LauncherName
from stackduel.planning.pace import LAUNCH_S
from stackduel_servers.models.device import DEVICES

# The one list of values of each option.
CHOICES = {
    "--launcher": get_args(LauncherName),
    "--generator": get_args(GeneratorPlace),
    "--driver": get_args(DriverName),
    "--device": get_args(DeviceName),
}


@pytest.mark.parametrize("name", [name for group in GROUPS.values() for name in group])
def test_every_command_offers_the_values_of_the_one_list(name: str) -> None:
    """A value that is added to the type appears in each command, and no command offers another one."""
    command = commands.get_command(click.Context(commands), name)
    assert command
    for parameter in command.params:
        for option in CHOICES.keys() & set(parameter.opts):
            assert isinstance(parameter.type, click.Choice)
            offered = tuple(parameter.type.choices)
            # A command without a run computes on a device itself, so it has no "auto".
            assert offered in {CHOICES[option], DEVICES if option == "--device" else CHOICES[option]}


def test_run_has_all_of_these_options() -> None:
    """The command that starts runs takes each of the four."""
    command = commands.get_command(click.Context(commands), "run")
    assert command
    assert CHOICES.keys() <= {option for parameter in command.params for option in parameter.opts}


def test_every_launcher_has_its_start_time() -> None:
    """The estimated time of a run is known for each launcher."""
    assert LAUNCH_S.keys() == set(CHOICES["--launcher"])
