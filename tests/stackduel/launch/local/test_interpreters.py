"""The interpreter that a local stack runs on, with its options and variables."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from stackduel.launch.local.interpreters import interpreter_options, started_by
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.model.budget import Budget
from stackduel.model.stack import Command, Registered, Stack
from stackduel.planning.registry import registered_stacks


def own(*words: str, env: dict[str, str] | None = None, folder: Path = Path("/")) -> Stack:
    """A stack of the user's that a command starts."""
    return Stack("today", "baseline", "", Command(words, env or {}, folder))


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (("python3.14t", "-X", "gil=1", "-Wdefault", "-m", "granian"), ("-X", "gil=1", "-Wdefault")),
        (("python", "-u", "serve.py", "-X"), ("-u",)),
        (("python", "-c", "pass"), ()),
    ],
)
def test_the_options_of_an_interpreter_end_where_its_program_begins(
    words: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """Some of them decide on the GIL and the JIT."""
    assert interpreter_options(words) == options


def test_a_stack_of_ours_is_isolated_and_may_have_another_interpreter() -> None:
    """Its variables are those of its start."""
    stack = registered_stacks()["flask-gunicorn"]
    ours = started_by(stack, {})
    assert ours is not None
    assert ours.command == (sys.executable, "-E", "-P")
    assert isinstance(stack.source, Registered)
    other = started_by(replace(stack, source=replace(stack.source, python=PurePath("/new/bin/python"))), {})
    assert other is not None
    assert other.command == ("/new/bin/python", "-E", "-P")


def test_a_command_has_its_own_variables_and_folder(tmp_path: Path) -> None:
    """PYTHON_GIL and PYTHON_JIT may stand among them; what starts no Python has no interpreter."""
    found = started_by(own(sys.executable, "-X", "dev", "serve.py", env={"PYTHON_JIT": "1"}, folder=tmp_path), {})
    assert found is not None
    assert (found.command, found.folder) == ((sys.executable, "-X", "dev"), tmp_path)
    assert found.key == (("PYTHON_JIT", "1"),)
    assert started_by(own("/bin/sh", "-c", "true"), {}) is None


def test_the_launcher_asks_each_interpreter_once(tmp_path: Path, uncovered_children: None) -> None:
    """Two stacks of one environment are one question, and another variable of Python's is another one."""
    launcher = LocalLauncher(Budget((0,), (0,), (0,), 256), tmp_path)
    first = launcher.interpreter(own(sys.executable, "serve.py", folder=tmp_path))
    assert first is not None
    assert first.version == ".".join(map(str, sys.version_info[:3]))
    assert launcher.interpreter(own(sys.executable, "other.py", folder=tmp_path)) is first
    assert launcher.interpreter(own(sys.executable, env={"PYTHON_JIT": "1"}, folder=tmp_path)) is not first
    assert launcher.interpreter(own("/bin/sh")) is None
