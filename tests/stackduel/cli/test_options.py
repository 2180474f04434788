"""The options that several commands have."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import click
import pytest

from stackduel.analysis.gates import Thresholds
from stackduel.cli.groups import GROUPS, commands
from stackduel.cli.options import measured_run_path, run_path
from stackduel.model.driver import CHOSEN_DRIVERS
from stackduel.model.errors import FieldError
from stackduel.model.run_options import DeviceName, GeneratorPlace, LauncherName
from stackduel.planning.pace import LAUNCH_S
from stackduel.storage import run_file
from stackduel_servers.models.device import DEVICES
from tests.stackduel.makers import run, trial

# The one list of values of each option.
CHOICES = {
    "--launcher": get_args(LauncherName),
    "--generator": get_args(GeneratorPlace),
    "--driver": CHOSEN_DRIVERS,
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


def test_the_help_of_gate_has_every_name() -> None:
    """A user who wants to change the bound of a gate finds what it is called."""
    command = commands.get_command(click.Context(commands), "run")
    assert command
    (gate,) = (each for each in command.params if isinstance(each, click.Option) and "--gate" in each.opts)
    listed = str(gate.help).rpartition("one of ")[2].rstrip(".").split(", ")
    assert listed == [each.name for each in fields(Thresholds)]


def test_every_launcher_has_its_start_time() -> None:
    """The estimated time of a run is known for each launcher."""
    assert LAUNCH_S.keys() == set(CHOICES["--launcher"])


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of three runs, the newest of which has the name that comes first."""
    for name, day in (("c", 1), ("b", 2), ("a", 3)):
        run_file.save(replace(run([]), run_id=name, started=f"2026-01-0{day}T00:00:00+00:00"), tmp_path / name)
    return tmp_path


def test_the_newest_run_is_latest_and_those_before_it_are_counted(results: Path) -> None:
    """By the time of their start, whatever their folders are called; ids and paths are what they were."""
    assert run_path(Path("latest"), results) == results / "a"
    assert run_path(Path("latest~0"), results) == results / "a"
    assert run_path(Path("latest~2"), results) == results / "c"
    assert run_path(Path("b"), results) == results / "b"
    assert run_path(results / "c", results) == results / "c"


def test_a_run_that_is_not_there_is_refused_with_the_number_of_runs(results: Path) -> None:
    """Also where there is no folder of results at all."""
    with pytest.raises(FieldError, match=r"^latest~3: .* holds 3 runs$"):
        run_path(Path("latest~3"), results)
    with pytest.raises(FieldError, match=r"^latest: there is no run in .* yet; stackduel run quick makes one$"):
        run_path(Path("latest"), results / "absent")


@pytest.mark.parametrize("command", ["report", "compare", "run"])
def test_the_help_names_latest(command: str) -> None:
    """Where a stored run is named, a reader learns of it."""
    found = commands.get_command(click.Context(commands), command)
    assert found
    assert "latest" in found.get_help(click.Context(found, info_name=command))


def test_the_latest_run_to_show_is_one_that_measured(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that measured nothing is passed over, and that is said; where there is nothing else, it is shown."""
    assert measured_run_path(Path("latest"), results) == results / "a"
    assert capsys.readouterr().err == ""
    run_file.save(replace(run([trial("slow", 10)]), run_id="b", started="2026-01-02T00:00:00+00:00"), results / "b")
    assert measured_run_path(Path("latest"), results) == results / "b"
    assert capsys.readouterr().err == "latest: passed over 1 newer run that measured nothing\n"
    with pytest.raises(FieldError, match=r"^latest~1: .* holds 1 run, besides 2 that measured nothing$"):
        measured_run_path(Path("latest~1"), results)
    assert measured_run_path(results / "c", results) == results / "c"
    assert run_path(Path("latest"), results) == results / "a"
