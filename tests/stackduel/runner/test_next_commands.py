"""The commands that take a new stacks file, as they are typed in the folder where it was asked for."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.application.current_command import given_command
from stackduel.application.found_application import FoundApplication
from stackduel.application.stacks_text import StacksPlace
from stackduel.model.application import CurrentCommand
from stackduel.runner.next_commands import next_commands
from tests.stackduel.drafted import COMMAND, found, place

PROCFILE = "web: gunicorn shop:app\n"
BOUND = CurrentCommand(("gunicorn", "--bind", "{host}:{port}", "shop:app"), {}, "Procfile, web")


@pytest.fixture(autouse=True)
def _without_an_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


def tune_line(application: FoundApplication, file: StacksPlace) -> str:
    """The command for ``stackduel tune``."""
    (line,) = [each.line for each in next_commands(application, file) if "tune" in each.line]
    return line


def test_what_a_command_finds_by_itself_is_not_typed(tmp_path: Path) -> None:
    """The interpreter beside the application, and the command of its Procfile; without git nothing is compared."""
    (tmp_path / "Procfile").write_text(PROCFILE, encoding="utf-8")
    assert [each.line for each in next_commands(found(tmp_path, command=BOUND), place(tmp_path))] == [
        "stackduel run --stacks-file stackduel.toml",
        "stackduel verify --stacks-file stackduel.toml",
        "stackduel tune shop:app --requests stackduel.toml",
    ]


def test_an_application_in_another_folder_is_tuned_there(tmp_path: Path) -> None:
    """With the paths as they are there, and what is not found there."""
    (tmp_path / "src").mkdir()
    python = tmp_path / ".venv" / "bin" / "python"
    command = replace(COMMAND, env={"NAME": "a b"})
    line = tune_line(found(tmp_path / "src", command=command, python=python), place(tmp_path, "my bench.toml"))
    inside = line.removeprefix("(cd src && ").removesuffix(")")
    words = shlex.split(inside)
    assert words[:5] == ["stackduel", "tune", "shop:app", "--requests", "../my bench.toml"]
    assert words[words.index("--python") + 1] == "../.venv/bin/python"
    current = given_command(words[words.index("--current") + 1], {})
    assert (current.argv, current.env) == (command.argv, command.env)


def test_an_interpreter_of_the_checkout_is_named_by_its_path_in_it(tmp_path: Path) -> None:
    """Others have the checkout elsewhere; an interpreter outside of it has one path alone."""
    checkout = tmp_path / "checkout"
    (checkout / ".git").mkdir(parents=True)
    shop = checkout / "shop"
    shop.mkdir()
    for environment, shown in ((checkout / "env", "../env/bin/python"), (tmp_path / "e", f"{tmp_path}/e/bin/python")):
        line = tune_line(found(shop, python=environment / "bin" / "python"), place(shop))
        assert line.endswith(f"--python {shown}")
