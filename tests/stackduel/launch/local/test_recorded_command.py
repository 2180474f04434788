"""Where memray goes in a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.launch.local.recorded_command import recorded_stack, recorded_words
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Registered, Stack, Url
from stackduel.model.target import Address
from stackduel.planning.registry import registered_stacks
from stackduel_servers.serve import RECORD_MEMORY, memray_run, recorded

RUN = memray_run("out.bin")


def command(*words: str) -> Command:
    return Command(words, {}, Path())


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        (("python", "-m", "uvicorn", "a:b"), ("python",), ("-m", "uvicorn", "a:b")),
        (("/v/bin/python3.11", "-u", "-X", "dev", "app.py"), ("/v/bin/python3.11", "-u", "-X", "dev"), ("app.py",)),
        (("python3", "-Wdefault", "-c", "x"), ("python3", "-Wdefault"), ("-c", "x")),
    ],
)
def test_memray_stands_between_an_interpreter_and_its_program(
    words: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """The interpreter keeps its own options, and the program its arguments."""
    assert recorded_words(command(*words), "out.bin", {}) == (*before, *RUN, *after)


def test_a_script_is_run_by_the_python_that_it_names(tmp_path: Path) -> None:
    """As gunicorn or uvicorn of an environment is, found on the user's PATH."""
    script = tmp_path / "gunicorn"
    script.write_text("#!/venv/bin/python3\nimport x\n")
    script.chmod(0o755)
    words = recorded_words(command("gunicorn", "a:b"), "out.bin", {"PATH": str(tmp_path)})
    assert words == ("/venv/bin/python3", *RUN, str(script), "a:b")


@pytest.mark.parametrize("first_line", ["#!/bin/sh", "#!/usr/bin/env python3 -u", "binary"])
def test_anything_else_is_refused(first_line: str, tmp_path: Path) -> None:
    """A program that is no Python, and one that is not there, say so."""
    script = tmp_path / "serve"
    script.write_text(f"{first_line}\n")
    for name in (str(script), "nosuch"):
        with pytest.raises(LaunchError, match="memray records"):
            recorded_words(command(name), "out.bin", {"PATH": ""})


def test_our_stacks_are_told_by_a_variable(tmp_path: Path) -> None:
    """The server's start then runs under memray; without the variable it is as always."""
    stack = registered_stacks()["flask-gunicorn"]
    source = recorded_stack(stack, tmp_path / "x").source
    assert isinstance(source, Registered)
    assert source.settings[RECORD_MEMORY] == str(tmp_path / "x")
    assert recorded(("-m", "gunicorn"), {RECORD_MEMORY: "out.bin"}) == (*RUN, "-m", "gunicorn")
    assert recorded(("-m", "gunicorn"), {}) == ("-m", "gunicorn")


def test_what_runs_elsewhere_cannot_be_recorded(tmp_path: Path) -> None:
    """Nothing of ours starts it."""
    with pytest.raises(LaunchError, match="that stackduel starts"):
        recorded_stack(Stack("far", "rewrite", "s", Url(Address("127.0.0.1", 1))), tmp_path)
