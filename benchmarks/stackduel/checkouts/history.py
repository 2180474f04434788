"""The commits between two others."""

from __future__ import annotations

from pathlib import Path

from stackduel.checkouts.git import commit_of, git
from stackduel.checkouts.worktrees import WORKING_TREE
from stackduel.model.errors import FieldError

MOST_COMMITS = 10_000


def commits_between(repository: Path, good: str, bad: str) -> tuple[str, ...]:
    """Return the commits after ``good`` up to ``bad``, the oldest first, along first parents; ``.`` may end them.

    A merged branch is one commit, the merge. Raises FieldError if one of the two is no commit, or if ``good`` does not
    lie before ``bad``.
    """
    first = commit_of(repository, "GOOD", good)
    last = commit_of(repository, "BAD", "HEAD" if bad == WORKING_TREE else bad)
    found = git(repository, ("rev-list", "--first-parent", "--reverse", f"{first}..{last}", "--")).split()
    commits = (*found, WORKING_TREE) if bad == WORKING_TREE else tuple(found)
    if git(repository, ("merge-base", first, last)).strip() != first or not commits:
        raise FieldError(f"GOOD: {good} must lie before {bad} in the history")
    if len(commits) > MOST_COMMITS:
        raise FieldError(f"GOOD: at most {MOST_COMMITS} commits may lie between {good} and {bad}, not {len(commits)}")
    return commits
