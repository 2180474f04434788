"""``stackduel bisect`` in a scripted repository, with measurements that are made up."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.checkouts.worktrees import AskedCommit
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Command, Stack
from stackduel.model.trial import Place, Trial
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.bisection import Bisection, bisect, plan_bisection
from stackduel.runner.commit_sides import CommitRequest
from stackduel.runner.exit_status import STACK_FAILED
from stackduel.runner.output import Output
from stackduel.runner.pull_request import PullRequest
from stackduel.runner.run_context import RunContext
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from tests.stackduel.checkouts.repositories import commit, git, shop
from tests.stackduel.makers import trial
from tests.stackduel.runner.scene import Bench, FakeLauncher, Started

SLOWER = "speedup.high(head) < 0.95"


class ReadingLauncher(FakeLauncher):
    """Starts nothing, and reads how long a commit would wait from the checkout that a stack is to run in."""

    def __init__(self) -> None:
        self.waits: dict[str, float] = {}

    @contextmanager
    def start(self, stack: Stack) -> Iterator[Started]:
        assert isinstance(stack.source, Command)
        text = Path(stack.source.folder, "shop/speed.py").read_text(encoding="utf-8")
        if "broken" in text:
            raise LaunchError(f"{stack.name}: ended at once")
        self.waits[stack.name] = float(text.split("=")[1])
        yield Started()


@dataclass
class BisectScene:
    """A repository whose commits say how long they wait, and a launcher that believes them."""

    repository: Path
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    def commits(self, *waits: str) -> None:
        for number, wait in enumerate(waits, 1):
            commit(self.repository, {"shop/speed.py": f"WAIT = {wait}\n"}, f"number {number}")
            git(self.repository, "tag", f"v{number}")

    def wanted(self, good: str, bad: str, *fail_on: str) -> Bisection:
        sides = AskedCommit("base", "GOOD", good), AskedCommit("head", "BAD", bad)
        each = PullRequest(
            CommitRequest(self.repository, *sides),
            None,
            RunOptions(time_budget_s=600.0, seed=7),
            fail_on,
            ("stackduel",),
        )
        return Bisection(good, bad, each)

    def bisect(self, good: str, bad: str, *fail_on: str) -> int:
        return bisect(self.wanted(good, bad, *fail_on), self.repository / "results", self.output, self.opened)

    @property
    def output(self) -> Output:
        return Output(Console(file=self.out, width=200), Console(file=self.err, width=200))

    @contextmanager
    def opened(self, plan: RunPlan, record: RunRecord, progress: RunProgress) -> Iterator[RunContext]:
        launcher = ReadingLauncher()

        def found(place: Place) -> Trial:
            luck = 1 + 0.002 * (place.block % 3)
            waited_s = launcher.waits[place.stack.removesuffix(".twin")]
            return trial(place.stack, round(4 * luck / waited_s), block=place.block, scenario="home")

        yield RunContext(plan, launcher, Bench(found), record.save, progress)  # type: ignore[arg-type]


@pytest.fixture
def scene(tmp_path: Path) -> BisectScene:
    return BisectScene(shop(tmp_path / "r"))


def test_the_first_slower_commit_is_named_with_its_steps(scene: BisectScene) -> None:
    """The answer, a row for each comparison, and a run for each in the folder; no worktree is left."""
    scene.commits("0.004", "0.004", "0.005", "0.005", "0.005")
    assert scene.bisect("v1", "v5", SLOWER) == 0
    said = scene.out.getvalue()
    assert f"The first bad commit is {git(scene.repository, 'rev-parse', 'v3')[:10]} number 3 (found in" in said
    assert "0.80x" in said
    assert len(list((scene.repository / "results").iterdir())) == said.count("-pr-stackduel-") == 3
    assert len(git(scene.repository, "worktree", "list").splitlines()) == 1


def test_a_commit_that_cannot_start_is_skipped_and_named(scene: BisectScene) -> None:
    """The search goes on beside it; with it alone in between, both may be the first."""
    scene.commits("0.004", "broken", "0.005", "0.005")
    assert scene.bisect("v1", "v4", SLOWER) == 0
    said = scene.out.getvalue()
    assert "skipped: " in said
    assert "ended at once" in " ".join(said.split())
    assert "is one of these" in said
    assert "number 2" in said.split("is one of these")[1]
    assert "number 3" in said.split("is one of these")[1]
    assert "number 4" not in said.split("is one of these")[1]


def test_a_bad_commit_that_is_not_bad_is_told(scene: BisectScene) -> None:
    """Exit status 1 after one comparison."""
    scene.commits("0.004", "0.004", "0.004")
    assert scene.bisect("v1", "v3", SLOWER) == 1
    assert "Nothing is bad" in scene.out.getvalue()


def test_a_bad_commit_that_cannot_be_measured_is_told(scene: BisectScene) -> None:
    """Exit status 3 after one comparison."""
    scene.commits("0.004", "0.004", "broken")
    assert scene.bisect("v1", "v3", SLOWER) == STACK_FAILED
    assert "cannot be judged" in scene.out.getvalue()


def test_without_a_condition_nothing_is_bad(scene: BisectScene) -> None:
    """The error says what is needed, with an example."""
    scene.commits("0.004", "0.004")
    with pytest.raises(FieldError, match="--fail-on: is needed"):
        scene.bisect("v1", "v2")


def test_the_plan_says_how_long_it_takes_at_most(scene: BisectScene) -> None:
    """The commits by name, and the number of comparisons."""
    scene.commits("0.004", "0.004", "0.005")
    assert plan_bisection(scene.wanted("v1", "v3", SLOWER), scene.output) == 0
    assert "2 commits after v1: at most 2 comparisons, each within 10 min" in scene.out.getvalue()
    assert "number 3" in scene.out.getvalue()
