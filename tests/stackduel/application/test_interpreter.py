"""The interpreter of the user's application: the named one, the active environment's, the one beside it, ours."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest

from stackduel.application.interpreter import choose_interpreter
from stackduel.model.errors import FieldError


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment without pip, under a name of its own."""
    path = tmp_path / "elsewhere"
    venv.create(path)
    return path


def test_the_named_one_comes_first(environment: Path, tmp_path: Path) -> None:
    """An interpreter or the folder of its environment may be named, and links are not followed."""
    inside = environment / "bin" / "python"
    for named in (str(inside), str(environment)):
        chosen = choose_interpreter(named, tmp_path, {"VIRTUAL_ENV": "/nowhere"})
        assert (chosen.path, chosen.chosen_by) == (inside, "named by --python")
    assert chosen.version == sys.version.split()[0]


def test_the_active_environment_comes_before_the_one_beside_the_application(environment: Path, tmp_path: Path) -> None:
    """The environment that the user has activated is meant."""
    venv.create(tmp_path / ".venv")
    chosen = choose_interpreter(None, tmp_path, {"VIRTUAL_ENV": str(environment)})
    assert chosen.path == environment / "bin" / "python"


def test_the_environment_beside_the_application_is_found_from_below(tmp_path: Path) -> None:
    """It is looked for up to the root of the checkout, and not above it."""
    venv.create(tmp_path / ".venv")
    below = tmp_path / "shop" / "src"
    below.mkdir(parents=True)
    assert choose_interpreter(None, below, {}).path == Path(sys.executable)
    (tmp_path / ".git").mkdir()
    assert choose_interpreter(None, below, {}).path == tmp_path / ".venv" / "bin" / "python"


def test_without_any_environment_it_is_our_own(tmp_path: Path) -> None:
    """The sentence says so."""
    chosen = choose_interpreter(None, tmp_path, {})
    assert chosen.path == Path(sys.executable)
    assert "stackduel's own" in chosen.chosen_by


def answering(folder: Path, answer: str) -> str:
    """A program that answers as an interpreter would."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\necho '{answer}'\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param('[[3, 9, 18], "CPython", "cpython-39"]', "is Python 3.9.18.*3.10 or newer", id="too-old"),
        pytest.param('[[3, 11, 1], "PyPy", "pypy311"]', "is PyPy", id="pypy"),
        pytest.param("hello", "does not answer as an interpreter", id="no-interpreter"),
    ],
)
def test_what_cannot_probe_is_refused(tmp_path: Path, answer: str, says: str) -> None:
    """The sentence names the interpreter and what is needed."""
    with pytest.raises(FieldError, match=says):
        choose_interpreter(answering(tmp_path, answer), tmp_path, {})


def test_a_path_that_names_nothing_is_refused(tmp_path: Path) -> None:
    """A folder that is no environment is none either."""
    for named in (tmp_path, tmp_path / "python"):
        with pytest.raises(FieldError, match="--python: must be an interpreter, such as"):
            choose_interpreter(str(named), tmp_path, {})
