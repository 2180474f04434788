"""Where interpreters are found: by path, in the folder of an environment, by version, behind a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.stack import Command
from stackduel.planning.interpreter_lookup import command_python, environment_python, named_python, script_pythons


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    """A program with this text at a path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_an_environment_is_named_by_its_folder_or_its_interpreter(tmp_path: Path) -> None:
    """Both are relative to the folder that the text stands in, and no link is followed."""
    inside = program(tmp_path / "shop" / ".venv" / "bin" / "python")
    assert environment_python(tmp_path / "shop" / ".venv") == inside
    assert environment_python(tmp_path / "shop") is None
    for text in (".venv", ".venv/bin/python", str(inside)):
        assert named_python(text, tmp_path / "shop", "python", {}) == inside


def test_a_version_is_looked_for_on_path_without_pyenvs_stand_ins(tmp_path: Path) -> None:
    """A stand-in answers only where pyenv's settings choose its version."""
    program(tmp_path / "shims" / "python3.12")
    wanted = program(tmp_path / "bin" / "python3.12")
    path = f"{tmp_path / 'shims'}:{tmp_path / 'bin'}"
    assert named_python("3.12", tmp_path, "--python", {"PATH": path, "HOME": str(tmp_path)}) == wanted


@pytest.mark.parametrize(
    ("version", "folder"),
    [
        ("3.13", ".pyenv/versions/3.13.10"),
        ("3.13.9", ".pyenv/versions/3.13.9"),
        ("3.13t", ".pyenv/versions/3.13.2t"),
        ("3.14", ".local/share/uv/python/cpython-3.14.1-linux-x86_64-gnu"),
        ("3.14t", ".local/share/uv/python/cpython-3.14.1+freethreaded-linux-x86_64-gnu"),
    ],
)
def test_a_version_is_looked_for_among_those_of_pyenv_and_uv(version: str, folder: str, tmp_path: Path) -> None:
    """The newest release of it is taken, and a free-threaded build only where it is asked for."""
    for each in (
        *(f".pyenv/versions/{name}" for name in ("3.1.3", "3.13.9", "3.13.10", "3.13.2t", "3.14-dev", "shop")),
        *(f".local/share/uv/python/cpython-3.14.1{mark}-linux-x86_64-gnu" for mark in ("", "+freethreaded")),
    ):
        program(tmp_path / each / "bin" / "python")
    found = named_python(version, tmp_path, "--python", {"PATH": "", "HOME": str(tmp_path)})
    assert found == tmp_path / folder / "bin" / "python"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("3.14", "--python: 3.14 is neither on PATH .python3.14. nor among the interpreters of pyenv and uv"),
        ("nowhere", "--python: must be an interpreter, such as .venv/bin/python, .*nowhere is none"),
        (".", "--python: must be an interpreter"),
    ],
)
def test_what_names_no_interpreter_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """The sentence says what may be named."""
    with pytest.raises(FieldError, match=says):
        named_python(text, tmp_path, "--python", {"PATH": "", "HOME": str(tmp_path)})


def test_a_script_runs_on_the_interpreter_of_its_first_line(tmp_path: Path) -> None:
    """Of a program that is no script, nobody knows which Python it starts."""
    inside = program(tmp_path / "bin" / "python")
    script = program(tmp_path / "bin" / "gunicorn", f"#!{inside}\nimport sys\n")
    shell = program(tmp_path / "bin" / "start")
    assert script_pythons(script) == [str(inside)]
    assert script_pythons(shell) == []
    assert command_python(Command(("gunicorn", "shop:app"), {}, tmp_path, inside), {"PATH": ""}) == inside
    with pytest.raises(LaunchError, match="its Python cannot be told"):
        command_python(Command((str(shell),), {}, tmp_path), {"PATH": ""})
    with pytest.raises(LaunchError, match="hypercorn was not found"):
        command_python(Command(("hypercorn",), {}, tmp_path, inside), {"PATH": ""})
