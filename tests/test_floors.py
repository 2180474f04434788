"""The lower bounds of the dependencies, which scripts/floors.sh installs and tests."""

from __future__ import annotations

import re
import runpy
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_dependency_has_a_floor_that_is_no_newer_than_what_is_installed() -> None:
    """Each requirement of the runner becomes one exact version, in the order of pyproject.toml."""
    floors = list(runpy.run_path(str(ROOT / "scripts" / "floors.py"))["floors"]())
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert [line.partition("==")[0] for line in floors][: len(wanted)] == [
        re.split(r"[>\[]", each)[0] for each in wanted
    ]
    here = [line.partition(";")[0].split("==") for line in floors[: len(wanted)] if "== 'win32'" not in line]
    for name, floor in here:
        assert _parts(floor) <= _parts(version(name)), name


def test_every_extra_of_the_runner_has_floors_that_are_tested() -> None:
    """An optional dependency is optional at its lowest version, too, and no extra is left out."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["dynamic"]
    files = {file for extra in extras["optional-dependencies"].values() for file in extra["file"]}
    # Those of the servers are pinned, and the tests' own are what the tests run on.
    optional = {file for file in files if file.startswith("requirements/")} - {"requirements/dev.txt"}
    script = (ROOT / "scripts" / "floors.sh").read_text(encoding="utf-8")
    known = runpy.run_path(str(ROOT / "scripts" / "floors.py"))["EXTRAS"]
    assert optional == set(known)
    assert all(f"--requirement {file}" in script for file in optional)


def test_ci_tests_the_floors() -> None:
    """A bound that nobody installs is wrong before anybody notices."""
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^ *(nice -n \d+ )?scripts/floors\.sh ", ci, re.MULTILINE)
    assert 'if ! wait "$floors"; then' in ci


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
