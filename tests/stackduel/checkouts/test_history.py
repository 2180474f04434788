"""The commits between two others."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.checkouts.history import commits_between
from stackduel.model.errors import FieldError
from tests.stackduel.checkouts.repositories import commit, git, shop


def test_commits_come_in_order_and_a_merged_branch_is_one(tmp_path: Path) -> None:
    """Along first parents, the oldest first; the good one is not among them, the working tree comes last."""
    repository = shop(tmp_path / "r")
    second = commit(repository, {}, "second")
    git(repository, "checkout", "--quiet", "-b", "side")
    commit(repository, {"side.py": ""}, "on the side")
    git(repository, "checkout", "--quiet", "main")
    third = commit(repository, {}, "third")
    git(repository, "-c", "user.name=t", "-c", "user.email=t@t", "merge", "--quiet", "--no-ff", "-m", "merged", "side")
    merged = git(repository, "rev-parse", "HEAD")
    assert commits_between(repository, "main~3", "main") == (second, third, merged)
    assert commits_between(repository, "main~1", ".") == (merged, ".")


@pytest.mark.parametrize(
    ("good", "bad", "why"),
    [
        ("main", "main", "GOOD: main must lie before main"),
        ("main", "main~1", "GOOD: main must lie before main~1"),
        ("nowhere", "main", "GOOD: 'nowhere' is no commit"),
        ("main", "nowhere", "BAD: 'nowhere' is no commit"),
    ],
    ids=["same", "reversed", "good", "bad"],
)
def test_what_is_no_history_is_refused(tmp_path: Path, good: str, bad: str, why: str) -> None:
    """The error names the argument."""
    repository = shop(tmp_path / "r")
    commit(repository, {}, "second")
    with pytest.raises(FieldError, match=why):
        commits_between(repository, good, bad)
