"""A Python environment of its own: some packages are others, and the rest is that of this environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from stackduel_servers.own_environment import facts_of, interpreter, make, stamp

IMPORTED = """import json, msgspec, orjson, stackduel_servers
print(json.dumps([each.__file__ for each in (msgspec, orjson, stackduel_servers)]))"""


def with_other(packages: Path, _python: Path) -> dict[str, str]:
    """Install another msgspec; return the facts."""
    (packages / "msgspec.py").write_text("", encoding="utf-8")
    return {"msgspec": "another"}


def imported(python: Path) -> list[str]:
    """Where an interpreter, isolated as those of stacks are, finds msgspec, orjson and this package."""
    done = subprocess.run([str(python), "-E", "-P", "-c", IMPORTED], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    found: list[str] = json.loads(done.stdout)
    return found


def test_its_own_packages_come_first_and_the_rest_is_from_here(tmp_path: Path) -> None:
    """A package installed in it is found there, and everything else where this Python finds it."""
    import orjson  # where this Python finds it

    import stackduel_servers

    folder = tmp_path / "deep" / "other"
    assert make(folder, with_other) == {"msgspec": "another"}
    assert facts_of(folder) == {"msgspec": "another"}
    own, shared, ours = imported(interpreter(folder))
    assert folder in Path(own).parents
    assert (shared, ours) == (orjson.__file__, stackduel_servers.__file__)


def test_no_reader_sees_half_an_environment(tmp_path: Path) -> None:
    """Where installing fails nothing is left, and an older environment stays as it was."""

    def failing(packages: Path, _python: Path) -> dict[str, str]:
        (packages / "half.py").write_text("", encoding="utf-8")
        raise ValueError("no network")

    with pytest.raises(ValueError, match="no network"):
        make(tmp_path / "other", failing)
    assert list(tmp_path.iterdir()) == []
    make(tmp_path / "other", with_other)
    with pytest.raises(ValueError, match="no network"):
        make(tmp_path / "other", failing)
    assert facts_of(tmp_path / "other") == {"msgspec": "another"}
    assert [each.name for each in tmp_path.iterdir()] == ["other"]


def test_without_facts_or_interpreter_there_is_no_environment(tmp_path: Path) -> None:
    """A folder that is absent, empty, or whose Python is gone counts as none."""
    folder = tmp_path / "other"
    assert facts_of(folder) is None
    folder.mkdir()
    assert facts_of(folder) is None
    make(folder, with_other)
    interpreter(folder).unlink()
    assert facts_of(folder) is None


def test_environments_of_other_packages_are_told_apart() -> None:
    """The same packages have the same stamp, others another one."""
    assert stamp("pillow==1") == stamp("pillow==1") != stamp("pillow==2")
