"""Calls of git, whose errors name what the user asked for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from stackduel.model.errors import FieldError

WITHIN_S = 120.0
# What git sets for a hook, and what would point it to another repository.
ELSEWHERE = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
})  # fmt: skip
# A hook of the user's would run at each checkout, and a pager or a question would wait for ever.
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false")


def git(folder: Path, words: Sequence[str]) -> str:
    """Return what git prints in ``folder``; raises FieldError with its last line if it fails or is not installed."""
    environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ("git", *QUIET, *words), cwd=folder, env=environment, capture_output=True, check=False, timeout=WITHIN_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise FieldError("git was not found: commits are compared in worktrees of their own") from None
    except subprocess.TimeoutExpired:
        raise FieldError(f"git {words[0]}: did not end within {WITHIN_S:g} s") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise FieldError(f"git {words[0]}: {lines[-1] if lines else f'exit status {done.returncode}'}")
    return done.stdout.decode(errors="surrogateescape")


def repository_of(folder: Path) -> Path:
    """Return the top folder of the checkout that ``folder`` lies in; raises FieldError if it lies in none."""
    try:
        return Path(git(folder, ("rev-parse", "--show-toplevel")).rstrip("\n")).resolve()
    except FieldError as error:
        raise FieldError(f"{folder}: must lie in a checkout of git: {error}") from error


def commit_of(repository: Path, option: str, name: str) -> str:
    """Return the full hash of the commit that ``name`` means; raises FieldError that names the option."""
    try:
        found = git(repository, ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))
    except FieldError:
        shallow = git(repository, ("rev-parse", "--is-shallow-repository")).strip() == "true"
        mend = "; this clone is shallow: fetch more of its history" if shallow else ""
        raise FieldError(f"{option}: {name!r} is no commit, branch or tag of {repository}{mend}") from None
    return found.strip()


def subject_of(repository: Path, commit: str) -> str:
    """Return the first line of a commit's message."""
    return git(repository, ("show", "--no-patch", "--format=%s", commit)).strip()
