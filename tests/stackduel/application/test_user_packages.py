"""The packages of the user's interpreter as constraints, and as a key."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest

from stackduel.application.user_packages import UserPackages, user_packages
from stackduel.model.application import Interpreter
from stackduel.model.errors import FieldError

ABI = ("CPython", "3.12.1", "cpython-312-x86_64-linux-gnu", "linux-x86_64")


def test_each_package_is_held_by_its_version_alone() -> None:
    """An editable one and one from a repository, too; what is no version, or no name, may not stand there."""
    packages = UserPackages(
        ABI,
        {"shop": "0.1.dev3+g1a2b3c", "Flask": "3.1.3", "torch": "2.9.1+cu126", "odd": "1.0-custom-build",
         "-rtfm": "1.0", "epoch": "1!2.0.post1", "early": "2.0rc1"},
    )  # fmt: skip
    assert packages.constraints == (
        "Flask==3.1.3", "early==2.0rc1", "epoch==1!2.0.post1", "shop==0.1.dev3+g1a2b3c", "torch==2.9.1+cu126",
    )  # fmt: skip


def test_the_key_is_that_of_the_interpreter_and_its_packages() -> None:
    """In any order; another version or another ABI has another one."""
    packages = {"flask": "3.1.3", "click": "8.5.1"}
    key = UserPackages(ABI, packages).key
    assert UserPackages(ABI, dict(reversed(packages.items()))).key == key
    assert UserPackages(ABI, {**packages, "click": "8.5.0"}).key != key
    assert UserPackages((*ABI[:2], "cpython-313-x86_64-linux-gnu", ABI[3]), packages).key != key
    assert UserPackages(ABI, {**packages, "six": "1.17.0"}).key != key


def test_a_package_is_found_however_its_name_is_written() -> None:
    """As an index compares names."""
    packages = UserPackages(ABI, {"zope.interface": "8.7"})
    assert packages.version("Zope_Interface") == "8.7"
    assert packages.version("zope") is None


def test_an_interpreter_is_asked_for_what_it_has(tmp_path: Path) -> None:
    """All of its packages, and none of the folder that it is asked in."""
    (tmp_path / "shop.egg-info").mkdir()
    (tmp_path / "shop.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1\n")
    found = user_packages(Interpreter(Path(sys.executable), "3.12.1", "abi", "named by the test"), tmp_path)
    assert found.version("pytest") == importlib.metadata.version("pytest")
    assert found.version("shop") is None
    assert found.abi[0] == sys.implementation.name.replace("cpython", "CPython")


def test_an_interpreter_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    """With the last line that it printed."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no packages today\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    with pytest.raises(FieldError, match="does not say which packages it has: no packages today"):
        user_packages(Interpreter(broken, "3.12.1", "abi", "named by the test"), tmp_path)
