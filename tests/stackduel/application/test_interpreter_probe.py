"""Interpreters that are asked: real ones of this machine, made-up ones for those that it lacks, and none at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from stackduel.application.interpreter_probe import InterpreterQuestion, answer_of, ask_interpreter
from stackduel.model.errors import FieldError, LaunchError
from stackduel.planning.interpreter_lookup import named_python
from tests.stackduel.application.interpreters import fake_interpreter

QUESTION = InterpreterQuestion(roots=("pytest",))


def test_our_own_says_what_it_is(uncovered_children: None) -> None:
    """Version, build, GIL, JIT, and the packages that were asked for with what they require."""
    answer = ask_interpreter((sys.executable, "-E"), QUESTION, os.environ)
    assert answer.facts.version == ".".join(map(str, sys.version_info[:3]))
    assert (answer.facts.gil, answer.facts.free_threaded) == ("on", False)
    assert {"pytest", "pluggy"} <= set(answer.facts.packages)
    assert answer.facts.other_packages > 10


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_every_interpreter_of_this_machine_answers(version: str, tmp_path: Path, uncovered_children: None) -> None:
    """The question is understood from 3.10 to 3.13 wherever such an interpreter is."""
    try:
        python = named_python(version, tmp_path, "--python")
    except FieldError as error:
        pytest.skip(str(error))
    answer = ask_interpreter((str(python), "-E"), InterpreterQuestion(needed=("json", "nowhere")), os.environ)
    assert (answer.facts.implementation, answer.facts.short_version) == ("CPython", version)
    assert (answer.facts.gil, answer.facts.jit, answer.missing) == ("on", "none", ("nowhere",))


def test_a_free_threaded_314_with_a_jit_is_understood(tmp_path: Path) -> None:
    """No such interpreter is here: a program answers in its place."""
    said = {"version": "3.14.1", "free_threaded": True, "gil": "off", "jit": "on", "packages": {"flask": "3.1.3"}}
    facts = ask_interpreter((str(fake_interpreter(tmp_path, **said)),), QUESTION, os.environ).facts
    assert (facts.title, facts.short_version) == ("CPython 3.14.1 free-threaded", "3.14t")
    assert (facts.gil, facts.jit, facts.packages) == ("off", "on", {"flask": "3.1.3"})


def test_what_an_application_prints_is_no_answer() -> None:
    """The answer is the last line, and nothing else is one."""
    with pytest.raises(ValueError, match=r".+"):
        answer_of("hello\n")
    with pytest.raises(ValueError, match=r".+"):
        answer_of("")
    with pytest.raises(ValueError, match="version"):
        answer_of('{"implementation": "CPython"}')


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (
            "echo no such option >&2; exit 2",
            "does not answer as Python 3.8 or newer does: it ended with exit",
        ),
        ("sleep 60", "did not say within 0.2 s what it is"),
    ],
)
def test_what_gives_no_answer_is_told_with_how_it_ended(script: str, says: str, tmp_path: Path) -> None:
    """It is ended with all that it started, and the end of what it complained of stands beside the sentence."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    with pytest.raises(LaunchError, match=says) as raised:
        ask_interpreter((str(path),), QUESTION, os.environ, within_s=0.2 if "sleep" in script else 60.0)
    assert raised.value.log == ("no such option" if "exit" in script else "")


def test_what_cannot_be_started_is_told() -> None:
    """The system's reason is in the sentence."""
    with pytest.raises(LaunchError, match="/nowhere/python cannot be started: No such file"):
        ask_interpreter(("/nowhere/python",), QUESTION, os.environ)
