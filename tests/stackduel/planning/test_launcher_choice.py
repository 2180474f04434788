"""The launcher that a user's own stacks imply, and the stacks that a launcher cannot run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import LauncherName, RunOptions
from stackduel.planning.planner import plan_run, plan_verification

COMMAND = '[stacks.started]\ncommand = "serve {port}"\n'
IMAGE = '[stacks.boxed]\nimage = "shop:2"\n'
URL = '[stacks.there]\nurl = "http://127.0.0.1:8000"\n'
REQUEST = '[[requests]]\nname = "x"\npath = "/x?q=1"\n'


def options_of(folder: Path, *stacks: str) -> RunOptions:
    """Options of a run of these stacks."""
    path = folder / "mine.toml"
    path.write_text("".join(stacks) + REQUEST)
    return RunOptions(stacks_file=str(path))


@pytest.mark.parametrize(("stack", "launcher"), [(COMMAND, "local"), (IMAGE, "docker"), (URL, "url")])
def test_the_stacks_imply_their_launcher(tmp_path: Path, stack: str, launcher: LauncherName) -> None:
    """Nobody has to name what only one launcher can run, and verification knows it as well as a run."""
    options = options_of(tmp_path, stack)
    assert plan_run(options, 1, cores=(0, 1)).options.launcher == launcher
    assert plan_verification(options).options.launcher == launcher


def test_the_stacks_that_are_named_imply_it(tmp_path: Path) -> None:
    """Of a file with several kinds."""
    options = replace(options_of(tmp_path, COMMAND, URL), stacks=("there",))
    assert plan_run(options, 1, cores=(0, 1)).options.launcher == "url"


@pytest.mark.parametrize(
    ("stacks", "launcher", "named", "told"),
    [
        ((COMMAND, URL), "local", None, "local starts commands, and there has a url; one run has one launcher"),
        ((COMMAND, URL), "url", None, "--launcher: url measures stacks by their url, and started has a command"),
        ((URL,), "docker", None, "--launcher: docker starts images, and there has a url"),
        ((IMAGE,), "local", ("boxed", "flask-gthread"), "local starts commands, and boxed has an image"),
        ((URL,), "url", ("there", "flask-gthread"), "flask-gthread has no url; one run has one launcher"),
    ],
)
def test_what_a_launcher_cannot_run_is_refused_before_anything_starts(
    tmp_path: Path, stacks: tuple[str, ...], launcher: LauncherName, named: tuple[str, ...] | None, told: str
) -> None:
    """The error names the stacks, what they have, and what would run them."""
    options = replace(options_of(tmp_path, *stacks), launcher=launcher, stacks=named)
    with pytest.raises(FieldError) as raised:
        plan_run(options, 1, cores=(0, 1))
    assert told in str(raised.value)


def test_a_stack_without_a_container_is_refused_beforehand() -> None:
    """Of the registry's stacks some run as processes alone."""
    options = RunOptions(stacks=("flask-waitress", "fastapi-uvicorn"), launcher="docker")
    with pytest.raises(
        FieldError, match="--launcher: docker: there is no container of flask-waitress: --launcher local"
    ):
        plan_run(options, 1, cores=(0, 1))


def test_the_first_request_is_asked_where_no_health_path_is_given(tmp_path: Path) -> None:
    """A path that the user gave has no substitute, and a model is no question of health."""
    given = COMMAND.replace("started", "careful") + 'health = "/up"\n'
    stacks = plan_run(options_of(tmp_path, COMMAND, given), 1, cores=(0, 1)).stacks
    fallback = stacks["started"].fallback
    assert fallback is not None
    assert fallback.label == "GET /x?q=1"
    assert stacks["careful"].fallback is None
    assert stacks["started.twin"].fallback == fallback
    assert all(stack.fallback is None for stack in plan_run(RunOptions(), 1, cores=(0, 1)).stacks.values())


@pytest.mark.parametrize("suite", [None, "waiting"])
def test_a_file_without_requests_is_told_the_table_that_it_lacks(tmp_path: Path, suite: str | None) -> None:
    """Unless a suite is named, whose requests are measured; the quick one would ask what the stacks do not answer."""
    path = tmp_path / "mine.toml"
    path.write_text(COMMAND)
    options = RunOptions(stacks_file=str(path), suite=suite)
    if suite:
        assert "started" in plan_run(options, 1, cores=(0, 1)).stacks
        return
    with pytest.raises(FieldError, match=r"mine.toml: requests: is missing: at least one \[\[requests\]\] table"):
        plan_run(options, 1, cores=(0, 1))
