"""The lacks of the named interpreters are reported before anything is started, with the line that installs them."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

import pytest

import stackduel_servers
from stackduel.application.interpreter_probe import InterpreterAnswer, InterpreterQuestion
from stackduel.application.interpreter_script import digest_of
from stackduel.model.errors import FieldError
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.interpreter_name import ChosenInterpreter
from stackduel.model.stack import Command, Stack
from stackduel.planning.interpreter_stacks import on_interpreters
from stackduel.planning.registry import registered_stacks
from stackduel.planning.selection import Selection
from stackduel.runner.interpreter_needs import refuse_unfit

OURS = digest_of(Path(stackduel_servers.__file__).parent)
CHECKOUT = Path(stackduel_servers.__file__).parents[2]
OLD, NEW = (PurePath(f"/{name}/bin/python") for name in ("old", "new"))
CHOSEN = (ChosenInterpreter("3.11", python=OLD), ChosenInterpreter("3.13", python=NEW))


class Interpreters:
    """Two interpreters: the old one has all, the new one says what a test says."""

    def __init__(self, version: str = "3.13.0", **said: Any) -> None:
        self.version, self.said = version, said
        self.questions: list[tuple[str, InterpreterQuestion]] = []

    def __call__(self, stack: Stack, question: InterpreterQuestion) -> InterpreterAnswer:
        self.questions.append((stack.name, question))
        if stack.name.endswith("@3.11"):
            held = {"httpbin": "httpbin", "yaml": "PyYAML"}
            return InterpreterAnswer(InterpreterFacts("CPython", "3.11.7"), servers=OURS, distributions=held)
        return InterpreterAnswer(InterpreterFacts("CPython", self.version), **{"servers": OURS, **self.said})


def refused(*stacks: Stack, **said: Any) -> str:
    """Return the report on these stacks; empty if they can run."""
    moved = on_interpreters(Selection({each.name: each for each in stacks}, stacks[0].name, ()), CHOSEN)
    try:
        refuse_unfit(moved.stacks, Interpreters(**said))
    except FieldError as error:
        return str(error)
    return ""


def own(*words: str, folder: Path = Path("/")) -> Stack:
    """A stack of the user's that a command starts."""
    return Stack("today", "baseline", "", Command(words, {}, folder))


def test_what_has_all_is_asked_once_for_all_its_stacks() -> None:
    """One question an interpreter holds what all of its stacks need."""
    known = registered_stacks()
    moved = on_interpreters(
        Selection({name: known[name] for name in ("flask-gunicorn", "fastapi-uvicorn")}, "flask-gunicorn", ()), CHOSEN
    )
    ask = Interpreters()
    refuse_unfit(moved.stacks, ask)
    assert [name for name, _ in ask.questions] == ["flask-gunicorn@3.11", "flask-gunicorn@3.13"]
    needed = ("stackduel_servers", "flask", "gunicorn", "fastapi", "uvicorn")
    assert {question.needed for _, question in ask.questions} == {needed}


def test_an_environment_without_our_servers_is_told_what_to_type() -> None:
    """Only the stacks that lack something are named; a bare interpreter gets an environment first."""
    known = registered_stacks()
    both = (known["flask-gunicorn"], known["fastapi-uvicorn"])
    said = refused(*both, missing=("fastapi", "uvicorn"))
    pip = f"-m pip install -e '{CHECKOUT}[servers]'"
    assert said == (
        f"--python: /new/bin/python: fastapi-uvicorn@3.13 cannot run there: it lacks fastapi, uvicorn; "
        f"type: /new/bin/python {pip}"
    )
    bare = refused(known["flask-gunicorn"], missing=("stackduel_servers", "flask"), is_environment=False)
    assert bare.endswith(f"/new/bin/python -m venv .venv-3.13 && .venv-3.13/bin/python {pip}, and name .venv-3.13")


def test_another_version_of_our_servers_is_another_application() -> None:
    """The same name and other code would compare two things at once."""
    said = refused(registered_stacks()["flask-gunicorn"], servers="another")
    assert "its stackduel_servers is another version than ours" in said
    assert "pip install --upgrade" in said


def test_an_interpreter_that_our_servers_do_not_know_is_refused() -> None:
    """They need what stackduel itself needs."""
    said = refused(registered_stacks()["flask-gunicorn"], version="3.10.13")
    assert said == "--python: /new/bin/python is CPython 3.10.13, and stacks of ours need 3.11 or newer"


def test_a_module_that_the_application_lacks_is_named_with_its_package() -> None:
    """The package's name is that which another of the interpreters knows it by."""
    said = refused(
        own("python", "-m", "gunicorn", "shop:app"), unimportable=("yaml", "lamp.wick"), missing=("gunicorn",)
    )
    assert said == (
        "--python: /new/bin/python: today@3.13 cannot run there: it lacks gunicorn, yaml, lamp.wick; "
        "type: /new/bin/python -m pip install gunicorn PyYAML lamp"
    )


def test_a_program_of_another_environment_is_no_program_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script for another Python found on PATH would measure that one; a shell script is the user's own business."""
    (tmp_path / "waitress-serve").write_text("#!/usr/bin/python3\n")
    (tmp_path / "start").write_text("#!/bin/sh\n")
    for each in tmp_path.iterdir():
        each.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert re.search(
        r"today@3.13 cannot run there: it lacks waitress; type: .* install waitress", refused(own("waitress-serve"))
    )
    assert refused(own("start")) == ""
