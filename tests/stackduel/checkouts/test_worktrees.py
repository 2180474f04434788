"""Commits in worktrees that are gone again afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel.checkouts.git import repository_of
from stackduel.checkouts.worktrees import AskedCommit, worktrees
from stackduel.model.errors import FieldError
from tests.stackduel.checkouts.repositories import commit, git, shop, write

BASE, TREE = AskedCommit("base", "--base", "main"), AskedCommit("head", "--head", ".")


def test_a_commit_is_checked_out_and_the_working_tree_is_as_it_is(tmp_path: Path) -> None:
    """The base has what is committed, the head what is not yet; the user's index and branch do not change."""
    repository = shop(tmp_path / "r")
    write(repository, {"shop/speed.py": "WAIT = 1.0\n", "new.py": ""})
    before = git(repository, "status", "--porcelain", "--branch")
    with worktrees(repository, (BASE, TREE)) as (base, head):
        assert (base.folder / "shop/speed.py").read_text(encoding="utf-8") == "WAIT = 0.004\n"
        assert head.folder == repository
        assert (base.title, head.title) == (f"main ({git(repository, 'rev-parse', 'main')[:10]})", "the working tree")
        assert base.subject == "A shop"
    assert not base.folder.exists()
    assert git(repository, "status", "--porcelain", "--branch") == before
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_nothing_is_left_after_an_interruption(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a run removes the worktrees and what git knows of them."""
    repository = shop(tmp_path / "r")
    script = (
        "import sys, time, pathlib\n"
        "from stackduel.checkouts.worktrees import AskedCommit, worktrees\n"
        "with worktrees(pathlib.Path(sys.argv[1]), (AskedCommit('base', '--base', 'main'),)) as (base,):\n"
        "    print(base.folder, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        (sys.executable, "-c", script, str(repository)), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        folder = Path(running.stdout.readline().strip())
        assert (folder / "shop").is_dir()
        running.send_signal(signal.SIGINT)
        running.wait(timeout=60)
    assert not folder.parent.exists()
    assert len(git(repository, "worktree", "list").splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["nowhere", "--all", "-n", "main:shop"], ids=["unknown", "option", "short", "a-folder"]
)
def test_what_is_no_commit_is_refused_by_its_option(tmp_path: Path, name: str) -> None:
    """The error names the option and the word; a word that looks like an option of git's is only a name."""
    repository = shop(tmp_path / "r")
    with (
        pytest.raises(FieldError, match=f"--base: '{name}' is no commit"),
        worktrees(repository, (AskedCommit("base", "--base", name),)),
    ):
        pass


def test_a_folder_outside_of_git_is_refused(tmp_path: Path) -> None:
    """The error says that a checkout is needed."""
    with pytest.raises(FieldError, match="must lie in a checkout of git"):
        repository_of(tmp_path)


def test_a_hook_of_the_users_does_not_run(tmp_path: Path) -> None:
    """A checkout of ours is nothing that a post-checkout hook waits for."""
    repository = shop(tmp_path / "r")
    hook = repository / ".git/hooks/post-checkout"
    write(repository, {".git/hooks/post-checkout": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
    hook.chmod(0o755)
    with worktrees(repository, (BASE,)):
        pass
    assert not (tmp_path / "ran").exists()


def test_a_repository_of_which_git_tells_by_variables_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a hook git points every git to its own repository: ours is the one of the folder."""
    repository, other = shop(tmp_path / "r"), shop(tmp_path / "other")
    found = commit(repository, {}, "second")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setattr(os, "environ", {**os.environ})
    with worktrees(repository, (BASE,)) as (base,):
        assert base.commit == found
