"""The packages that the images install."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[2] / "servers" / "requirements").glob("*.txt"))
PIN = re.compile(r"([a-z0-9.-]+)==([0-9][0-9a-z.]*)(; sys_platform (?:!=|==) \"win32\")?")


def pins(path: Path) -> dict[str, str]:
    """Each package's version."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    found = [PIN.fullmatch(line) for line in lines]
    assert all(found), [line for line, pin in zip(lines, found, strict=True) if not pin]
    return {pin[1]: pin[2] for pin in found if pin}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_is_an_exact_pin(path: Path) -> None:
    """Each file has only exact versions, so that an image built later is the same."""
    assert len(pins(path)) >= 1


def test_a_package_has_one_version() -> None:
    """A package in several images has the same version in all of them, so that stacks do not differ by it."""
    versions: dict[str, set[str]] = {}
    for path in FILES:
        for name, number in pins(path).items():
            versions.setdefault(name, set()).add(number)
    assert not {name: numbers for name, numbers in versions.items() if len(numbers) > 1}


def test_tests_run_on_the_versions_that_images_have() -> None:
    """Installed packages have the pinned versions, except for their replacements on a machine with a GPU."""
    here = [path for path in FILES if path.stem != "inference-gpu"]
    wanted = {name: number for path in here for name, number in pins(path).items() if name != "colorama"}
    assert {name: version(name) for name in wanted} == wanted
