"""Commits in worktrees of their own, which are gone again whatever ended the block."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stackduel.checkouts.git import commit_of, git, subject_of
from stackduel.model.errors import FieldError

# The working tree as it is, with what is not committed yet.
WORKING_TREE = "."
SHORT = 10


@dataclass(frozen=True, slots=True)
class Checkout:
    """A commit as a folder: the ``name`` of its side, what the user ``asked`` for, and its hash and subject.

    ``commit`` is None for the working tree, whose ``subject`` is that of the commit below its changes.
    """

    name: str
    asked: str
    folder: Path
    commit: str | None
    subject: str

    @property
    def title(self) -> str:
        """Its name in a report: ``main (1a2b3c4d5e)``, or the working tree."""
        if self.commit is None:
            return "the working tree"
        short = self.commit[:SHORT]
        return short if self.commit.startswith(self.asked) else f"{self.asked} ({short})"


@dataclass(frozen=True, slots=True)
class AskedCommit:
    """A side by its ``name``, the ``option`` that errors name, and the ``commit`` that the user wrote."""

    name: str
    option: str
    commit: str


@contextmanager
def worktrees(repository: Path, sides: Sequence[AskedCommit]) -> Iterator[tuple[Checkout, ...]]:
    """Check each side out into a temporary folder; ``.`` is the working tree itself. They are removed at the end.

    The user's checkout, index and branches stay as they are. Raises FieldError for what is no commit.
    """
    commits = [
        None if each.commit == WORKING_TREE else commit_of(repository, each.option, each.commit) for each in sides
    ]
    root = Path(tempfile.mkdtemp(prefix="stackduel-commits-")).resolve()
    made: list[Path] = []
    try:
        found = []
        for side, commit in zip(sides, commits, strict=True):
            folder = repository if commit is None else root / side.name
            if commit is not None:
                made.append(folder)
                git(repository, ("worktree", "add", "--detach", "--quiet", str(folder), commit))
            found.append(Checkout(side.name, side.commit, folder, commit, subject_of(repository, commit or "HEAD")))
        yield tuple(found)
    finally:
        for folder in made:
            with suppress(FieldError):
                git(repository, ("worktree", "remove", "--force", "--force", str(folder)))
        shutil.rmtree(root, ignore_errors=True)
        with suppress(FieldError):
            # What could not be removed above is no longer a worktree once its folder is gone.
            git(repository, ("worktree", "prune"))


def _commit(repository: Path, side: AskedCommit) -> str | None:
    return None if side.commit == WORKING_TREE else commit_of(repository, side.option, side.commit)
