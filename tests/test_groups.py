"""The groups that tests run in."""

from __future__ import annotations

import re

import pytest

from tests.conftest import COVERED, GROUPS, TESTS, group_of


@pytest.mark.parametrize("name", [name for names in GROUPS.values() for name in names])
def test_what_is_listed_is_there(name: str) -> None:
    """A file that moved is listed where it is now: else it would run beside others, and fail now and then."""
    assert (TESTS / name).exists()


def test_no_test_is_in_two_groups() -> None:
    """Nor is one listed file within a folder that is listed elsewhere."""
    listed = [TESTS / name for names in GROUPS.values() for name in names]
    assert not [(one, other) for one in listed for other in listed if one != other and one.is_relative_to(other)]
    assert group_of(TESTS / "test_groups.py") == COVERED
    assert group_of(TESTS / "docker" / "test_run.py") == "engine"


@pytest.mark.parametrize("script", ["test.sh", "test.bat"])
def test_the_scripts_run_every_group(script: str) -> None:
    """A test in no group that a script runs would be run by nobody."""
    text = (TESTS.parent / "scripts" / script).read_text(encoding="utf-8")
    assert sorted(re.findall(r"(?:--group|^kept) (\w+)", text, re.MULTILINE)) == sorted([COVERED, *GROUPS])


@pytest.mark.parametrize("group", [COVERED, *GROUPS])
def test_no_group_is_called_like_a_folder(group: str) -> None:
    """Before pytest knows --group it takes the name for a path, and where there is one it never learns of --group."""
    assert not (TESTS.parent / group).exists()
