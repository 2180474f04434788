"""The stacks of a run on several interpreters: their names, tiers and commands, and what cannot be moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.interpreter_name import ChosenInterpreter, references
from stackduel.model.run_options import LauncherName, RunOptions
from stackduel.model.stack import Command, Image, Registered, Stack
from stackduel.planning.interpreter_stacks import environments, on_interpreters, refuse_unchoosable
from stackduel.planning.planner import plan_run
from stackduel.planning.registry import registered_stacks
from stackduel.planning.selection import Selection

OLD = ChosenInterpreter("3.11", python=PurePath("/old/bin/python"))
NEW = ChosenInterpreter("3.13t", python=PurePath("/new/bin/python"))


def selected(*stacks: Stack) -> Selection:
    """A selection of stacks, the first its baseline."""
    return Selection({each.name: each for each in stacks}, stacks[0].name, ())


def own(*words: str, folder: Path = Path("/shop")) -> Stack:
    """A stack of the user's own that a command starts."""
    return Stack("today", "baseline", "", Command(words, {}, folder))


def test_each_stack_is_measured_on_each_interpreter_beside_the_first() -> None:
    """The baseline on another interpreter is a setting; the others keep their tiers, and each has its own reference."""
    known = registered_stacks()
    found = on_interpreters(selected(known["flask-gunicorn"], known["fastapi-uvicorn"]), (OLD, NEW))
    assert {name: stack.tier for name, stack in found.stacks.items()} == {
        "flask-gunicorn@3.11": "baseline",
        "flask-gunicorn@3.13t": "settings",
        "fastapi-uvicorn@3.11": "rewrite",
        "fastapi-uvicorn@3.13t": "rewrite",
    }
    assert found.baseline == "flask-gunicorn@3.11"
    assert references((*found.stacks, "flask-gunicorn@3.11.twin")) == {
        "flask-gunicorn@3.13t": "flask-gunicorn@3.11",
        "fastapi-uvicorn@3.13t": "fastapi-uvicorn@3.11",
    }
    assert environments(found.stacks)["fastapi-uvicorn@3.13t"] == NEW.python
    assert found.stacks["flask-gunicorn@3.13t"].interpreter == "3.13t"


def test_one_interpreter_renames_nothing() -> None:
    """The runs of two days stay comparable by name; without any, nothing changes at all."""
    before = selected(registered_stacks()["flask-gunicorn"])
    found = on_interpreters(before, (NEW,))
    assert list(found.stacks) == ["flask-gunicorn"]
    assert environments(found.stacks) == {"flask-gunicorn": NEW.python}
    assert on_interpreters(before, ()) is before


def test_a_base_image_is_chosen_for_a_container() -> None:
    """A container runs on the Python that its image is built on."""
    image = ChosenInterpreter("3.12", base_image="python:3.12-slim")
    found = on_interpreters(selected(registered_stacks()["flask-gunicorn"]), (image,)).stacks["flask-gunicorn"].source
    assert isinstance(found, Registered)
    assert (found.base_image, found.python) == ("python:3.12-slim", None)


def test_a_plain_command_is_looked_for_beside_the_interpreter() -> None:
    """A Python in it becomes that interpreter, and so for the command before each start."""
    today = own("gunicorn", "shop:app")
    today = replace(today, reset=Command(("python", "reset.py"), {}, Path("/shop")))
    found = on_interpreters(selected(today), (NEW,)).stacks["today"]
    assert isinstance(found.source, Command)
    assert (found.source.argv, found.source.python) == (("gunicorn", "shop:app"), NEW.python)
    assert found.reset is not None
    assert found.reset.argv == ("/new/bin/python", "reset.py")


def test_a_program_of_another_environment_becomes_that_of_the_interpreter(tmp_path: Path) -> None:
    """A command that lies beside no interpreter, such as a start script, stays where it is."""
    inside = tmp_path / "venv" / "bin"
    inside.mkdir(parents=True)
    for name, text in (("python", ""), ("gunicorn", f"#!{inside}/python\n")):
        (inside / name).write_text(text, encoding="utf-8")
    (tmp_path / "start.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    for program, expected in (("venv/bin/gunicorn", "gunicorn"), ("./start.sh", "./start.sh")):
        source = on_interpreters(selected(own(program, folder=tmp_path)), (NEW,)).stacks["today"].source
        assert isinstance(source, Command)
        assert source.argv[0] == expected


def test_what_has_a_python_of_its_own_is_refused() -> None:
    """Images and Triton cannot be moved, and the sentence says what can be done instead."""
    image = Stack("today", "baseline", "", Image("shop:1", 8000, {}))
    with pytest.raises(FieldError, match="today: an image of yours has its own Python; build one image for each"):
        on_interpreters(selected(image), (OLD, NEW))
    with pytest.raises(FieldError, match="triton-grpc: Triton has a Python of its own"):
        on_interpreters(selected(registered_stacks()["triton-grpc"]), (OLD, NEW))


@pytest.mark.parametrize("launcher", ["compose", "url"])
def test_what_runs_already_has_no_choice(launcher: LauncherName) -> None:
    """The launcher starts nothing, so it cannot be started on another interpreter."""
    with pytest.raises(FieldError, match=f"--python: not with --launcher {launcher}: .* already"):
        refuse_unchoosable(RunOptions(launcher=launcher, python=("3.11", "3.13")))
    refuse_unchoosable(RunOptions(launcher=launcher))


def test_the_plan_has_both_in_every_block_and_the_pair_on_the_first() -> None:
    """All of a suite's stacks are interleaved as any others; its pair is that on the first interpreter."""
    options = RunOptions(suite="quick", stacks=("flask-gunicorn", "fastapi-uvicorn"), python=("3.11", "3.13"))
    plan = plan_run(options, 1, cores=(0, 1), interpreters=(OLD, NEW))
    assert plan.baseline == "flask-gunicorn@3.11"
    assert list(plan.stacks)[-1] == "flask-gunicorn@3.11.twin"
    assert len(plan.stacks) == 5
    assert all(name.endswith("@3.11") for name in plan.suite.duel)
