"""The way of ``stackduel pr``: with measurements that are made up, and once as a user interrupts it."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.checkouts.worktrees import AskedCommit
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.trial import Place, Trial
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.commit_sides import CommitRequest
from stackduel.runner.output import Output
from stackduel.runner.pull_request import MeasuredCommits, PullRequest, compare_commits
from stackduel.runner.resumption import resume
from stackduel.runner.run_context import RunContext
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.storage import run_file
from tests.conftest import ANY_HOST
from tests.stackduel.checkouts.repositories import git, shop
from tests.stackduel.makers import trial
from tests.stackduel.runner.scene import Bench, FakeLauncher
from tests.until import until

SLOWER = "speedup.high(head) < 0.95"


@dataclass
class PullScene:
    """Comparisons in a scripted repository, whose trials are made up."""

    repository: Path
    found: Callable[[Place], Trial]
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    def compare(self, *fail_on: str, budget_s: float = 600.0) -> MeasuredCommits:
        commits = CommitRequest(
            self.repository, AskedCommit("base", "--base", "main"), AskedCommit("head", "--head", ".")
        )
        request = PullRequest(commits, None, RunOptions(time_budget_s=budget_s, seed=7), fail_on, ("stackduel", "pr"))
        output = Output(Console(file=self.out, width=200), Console(file=self.err, width=200))
        return compare_commits(request, self.repository / "results", output, self.opened)

    @contextmanager
    def opened(self, plan: RunPlan, record: RunRecord, progress: RunProgress) -> Iterator[RunContext]:
        yield RunContext(plan, FakeLauncher(), Bench(self.found), record.save, progress)  # type: ignore[arg-type]

    @property
    def folder(self) -> Path:
        (found,) = (self.repository / "results").iterdir()
        return found


def slower_by(share: float, wobble: float = 0.002) -> Callable[[Place], Trial]:
    """Trials in which head takes so much longer, and no two blocks are quite alike."""

    def found(place: Place) -> Trial:
        luck = 1 + wobble * (place.block % 3)
        return trial(
            place.stack,
            round(1000 * luck / (1 + share if place.stack == "head" else 1)),
            block=place.block,
            scenario="home",
        )

    return found


def test_a_slower_head_fails_the_condition_and_the_comment_says_so(tmp_path: Path) -> None:
    """Exit status 1, the comment on standard output and beside the reports, and no worktree left."""
    scene = PullScene(shop(tmp_path / "r"), slower_by(0.1))
    ended = scene.compare(SLOWER)
    assert ended.status == 1
    comment = (scene.folder / "pr.md").read_text(encoding="utf-8")
    assert scene.out.getvalue() == comment
    assert "**head is slower: 0.9" in comment
    assert (scene.folder / "report.html").is_file()
    stored = run_file.load(scene.folder)
    assert list(stored.stacks) == ["base", "head", "base.twin"]
    assert stored.environment.notes[:2] == (
        f"base is main ({git(scene.repository, 'rev-parse', 'main')[:10]}): A shop",
        "head is the working tree: A shop",
    )
    assert len(git(scene.repository, "worktree", "list").splitlines()) == 1


def test_equal_commits_pass(tmp_path: Path) -> None:
    """Exit status 0 with the same condition."""
    scene = PullScene(shop(tmp_path / "r"), slower_by(0.0))
    assert scene.compare(SLOWER).status == 0
    assert "No difference: head is as fast as base" in scene.out.getvalue()


def test_time_that_cannot_find_a_tenth_is_told(tmp_path: Path) -> None:
    """Where the spread asks for more launches than the time holds, both say so, and which time would do."""
    scene = PullScene(shop(tmp_path / "r"), lambda place: slower_by(0.0, 0.1 if place.stack == "head" else 0)(place))
    scene.compare(budget_s=150.0)
    assert "almost always. The time holds" in scene.err.getvalue()
    assert "--time-budget" in scene.out.getvalue()


def test_a_condition_on_an_unknown_side_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    """The names of the sides are base and head."""
    scene = PullScene(shop(tmp_path / "r"), slower_by(0.0))
    with pytest.raises(FieldError, match="this run has no stack or scenario 'haed'"):
        scene.compare("speedup(haed) < 1")
    assert len(git(scene.repository, "worktree", "list").splitlines()) == 1


def test_a_comparison_of_commits_is_not_resumed(tmp_path: Path) -> None:
    """Its checkouts are gone; the error says what to do."""
    scene = PullScene(shop(tmp_path / "r"), slower_by(0.0))
    scene.compare()
    with pytest.raises(FieldError, match="its checkouts are gone"):
        resume(scene.folder, (), Output(Console(), Console()))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_saves_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """A live comparison that is interrupted exits with 130; its worktree and servers are gone, its run is saved."""
    repository = shop(tmp_path / "r")
    with subprocess.Popen(
        [sys.executable, "-m", "stackduel", "pr", "--base", "main", *ANY_HOST],
        cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert until(lambda: list((repository / "results").glob("*/logs/*head*.log")) != [], within_s=120)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "--resume" not in said
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    (folder,) = (repository / "results").iterdir()
    assert run_file.load(folder).status == "interrupted"
    assert "Interrupted" in (folder / "pr.md").read_text(encoding="utf-8")
