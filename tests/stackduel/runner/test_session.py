"""A run from its options to its files, with servers and loads that are made up."""

from __future__ import annotations

import io
import json
import re
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from rich.console import Console

from stackduel.model.errors import FieldError
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.model.target import Address, Elsewhere
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.exit_status import INTERRUPTED, STACK_FAILED
from stackduel.runner.output import Output
from stackduel.runner.request import RunRequest, dry_run
from stackduel.runner.run_context import RunContext
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.runner.session import resume, start
from stackduel.storage import run_file
from tests.stackduel.makers import trial
from tests.stackduel.valid import check

STACKS = """
[stacks.old]
url = "http://127.0.0.1:1"
tier = "baseline"
[stacks.new]
url = "http://127.0.0.1:2"
"""
SUITE = """
summary = "s"
baseline = "old"
stacks = ["old", "new"]
blocks = 5
precision = 0.05
most_blocks = 12
[[scenario]]
name = "x"
path = "/x"
load = { connections = 1, duration_s = 2 }
"""
# From one block to the next the candidate's ratio spreads by 5 %, so that 5 % take more than the pilot's blocks.
SPREAD = (2000, 2100, 1900, 2100, 1900)


class Started:
    address = Address("127.0.0.1", 1)
    inner_address = None
    subject = Elsewhere()

    def failure(self) -> str | None:
        return None

    def log_tail(self, lines: int = 20) -> str:
        return ""


class FakeLauncher:
    name = "url"
    downstream = None
    network = None
    budget = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        """There is nothing to take down."""

    @contextmanager
    def start(self, stack: Stack) -> Iterator[Started]:
        yield Started()

    def alone(self, module: Sequence[str]) -> str:
        raise AssertionError(module)

    def facts(self) -> Mapping[str, object]:
        return {}


@dataclass
class Bench:
    """Gives each place the result that ``found`` says, and remembers the places."""

    found: Callable[[Place], Result]
    asked: list[Place] = field(default_factory=list)

    def verify(self, *_asked: object) -> None:
        """Whatever it answers is right."""

    def measure(self, place: Place, _scenario: Scenario, *_started: object) -> Result:
        self.asked.append(place)
        return self.found(place)


def spreading(place: Place) -> Trial:
    """A trial whose rate depends on stack and block alone."""
    requests = SPREAD[place.block % 5] if place.stack == "new" else 1000
    return trial(place.stack, requests, block=place.block, scenario="x")


@dataclass
class Scene:
    """Runs in a folder of their own, and all that they say."""

    folder: Path
    options: RunOptions
    bench: Bench
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    def output(self, **how: bool) -> Output:
        return Output(Console(file=self.out, width=200), Console(file=self.err, width=200), **how)

    def request(self, fail_on: Sequence[str] = ()) -> RunRequest:
        return RunRequest(self.options, ("stackduel", "run"), fail_on)

    def start(self, *fail_on: str, **how: bool) -> int:
        return start(self.request(fail_on), self.folder / "results", self.output(**how), self.opened)

    def resume(self, *fail_on: str) -> int:
        return resume(self.where, fail_on, self.output(), self.opened)

    @contextmanager
    def opened(self, plan: RunPlan, record: RunRecord, progress: RunProgress) -> Iterator[RunContext]:
        yield RunContext(plan, FakeLauncher(), self.bench, record.save, progress)  # type: ignore[arg-type]

    @property
    def where(self) -> Path:
        (found,) = (self.folder / "results").iterdir()
        return found

    @property
    def kept(self) -> Run:
        check(json.loads((self.where / run_file.RUN_FILE).read_text(encoding="utf-8")))
        return run_file.load(self.where)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    (tmp_path / "stacks.toml").write_text(STACKS)
    (tmp_path / "suite.toml").write_text(SUITE)
    options = RunOptions(
        suite=str(tmp_path / "suite.toml"), stacks_file=str(tmp_path / "stacks.toml"), launcher="url", seed=7
    )
    return Scene(tmp_path, options, Bench(spreading))


def test_the_pilot_fixes_the_number_of_blocks_once(scene: Scene) -> None:
    """Where the pilot's spread asks for more blocks they are added, all at once, and the record says so."""
    assert scene.start() == 0
    kept = scene.kept
    blocks = kept.suite.blocks
    assert 5 < blocks < 12
    assert len(kept.results) == kept.planned == 3 * blocks == len(scene.bench.asked)
    assert {place.block for place in kept.done()} == set(range(1, blocks + 1))
    assert scene.err.getvalue().count("The pilot fixes the number of blocks at") == 1
    assert f"The pilot fixes the number of blocks at {blocks}." in scene.err.getvalue()
    assert kept.status == "complete"
    assert {each.blocks for each in kept.comparisons} == {blocks}


def test_a_pilot_that_is_precise_enough_is_the_whole_run(scene: Scene) -> None:
    """Without a spread five blocks suffice."""
    scene.bench.found = lambda place: trial(place.stack, 1000, block=place.block, scenario="x")
    assert scene.start() == 0
    assert (scene.kept.suite.blocks, len(scene.kept.results)) == (5, 15)
    assert "The pilot fixes" not in scene.err.getvalue()


def test_a_spread_beyond_all_blocks_gets_the_most_that_are_allowed(scene: Scene) -> None:
    """The cap holds."""
    wild = (500, 3000, 1000, 2000, 4000)
    scene.bench.found = lambda place: trial(
        place.stack, wild[place.block % 5] if place.stack == "new" else 1000, block=place.block, scenario="x"
    )
    assert scene.start() == 0
    assert (scene.kept.suite.blocks, scene.kept.planned) == (12, 36)


@pytest.mark.parametrize("block", [3, 7])
def test_an_interrupted_run_goes_on_to_the_same_number_of_blocks(scene: Scene, block: int) -> None:
    """Within the pilot or after it: nothing is measured twice, and the plan is that of a run without a break."""
    assert scene.start() == 0
    uninterrupted = scene.kept
    for path in scene.where.iterdir():
        path.unlink()
    scene.where.rmdir()

    def until(place: Place) -> Trial:
        if place.block == block:
            raise KeyboardInterrupt
        return spreading(place)

    scene.bench = Bench(until)
    assert scene.start() == INTERRUPTED
    stopped = scene.kept
    assert stopped.status == "interrupted"
    assert len(stopped.results) == 3 * (block - 1)
    assert f"--resume {shlex.quote(str(scene.where))}" in scene.err.getvalue()
    assert (scene.where / "report.md").exists()
    assert (scene.where / "report.html").exists()
    scene.bench = Bench(spreading)
    assert scene.resume() == 0
    kept = scene.kept
    assert (kept.status, kept.suite.blocks) == ("complete", uninterrupted.suite.blocks)
    assert kept.done() == uninterrupted.done()
    assert len(scene.bench.asked) == len(kept.results) - len(stopped.results)
    assert kept.comparisons == uninterrupted.comparisons


def test_what_failed_is_tried_again_and_what_was_measured_stands(scene: Scene) -> None:
    """A run that is whole but for one trial measures that one."""
    lost = Place("new", "x", 2)
    scene.bench.found = lambda place: Failure(place, "it died") if place == lost else spreading(place)
    assert scene.start() == STACK_FAILED
    before = scene.kept
    scene.bench = Bench(spreading)
    assert scene.resume() == 0
    assert scene.bench.asked[0] == lost
    assert not [each for each in scene.kept.results if isinstance(each, Failure)]
    assert scene.kept.done() >= before.done() | {lost}


def test_a_run_that_breaks_says_so_in_its_record(scene: Scene) -> None:
    """What was measured is kept, with the status failed, and the error is not swallowed."""

    def broken(place: Place) -> Trial:
        if place.block == 2:
            raise RuntimeError("no more memory")
        return spreading(place)

    scene.bench.found = broken
    with pytest.raises(RuntimeError, match="no more memory"):
        scene.start()
    assert (scene.kept.status, len(scene.kept.results)) == ("failed", 3)


def test_a_live_run_tells_its_page_s_address_and_measures_the_same(scene: Scene) -> None:
    """With --live there is a page on 127.0.0.1 while it measures, and the record is the one without it."""
    assert scene.start(live=True) == 0
    assert scene.err.getvalue().startswith("Live: http://127.0.0.1:")
    assert scene.kept.status == "complete"
    assert scene.kept.suite.blocks > 5
    assert not [each for each in threading.enumerate() if each.name == "live"]


def test_json_is_the_file_and_quiet_is_silent(scene: Scene) -> None:
    """What goes to standard output is for machines, or nothing."""
    assert scene.start(json=True, quiet=True) == 0
    assert scene.out.getvalue() == (scene.where / run_file.RUN_FILE).read_text(encoding="utf-8")
    assert scene.err.getvalue() == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("/x", "/y", "the suite's scenarios changed since run"),
        ("precision = 0.05", "precision = 0.04", "the suite's precision changed since run"),
        ("most_blocks = 12", "most_blocks = 20", "the suite's most_blocks changed since run"),
    ],
)
def test_a_run_goes_on_only_with_what_it_began_with(scene: Scene, old: str, new: str, told: str) -> None:
    """A suite that changed meanwhile is named by the field that did."""
    assert scene.start(quiet=True) == 0
    (scene.folder / "suite.toml").write_text(SUITE.replace(old, new))
    with pytest.raises(FieldError, match=told):
        scene.resume()


def test_a_run_goes_on_only_on_the_python_that_it_began_on(scene: Scene) -> None:
    """Half a run on another interpreter is no run."""
    assert scene.start(quiet=True) == 0
    path = scene.where / run_file.RUN_FILE
    content = json.loads(path.read_text())
    content["environment"]["python"] = "CPython 2.7"
    path.write_text(json.dumps(content))
    with pytest.raises(FieldError, match=r"began on CPython 2.7, this is CPython 3\."):
        scene.resume()


def test_a_dry_run_says_how_many_blocks_there_may_be(scene: Scene) -> None:
    """The pilot's plan, and what it may grow to; nothing is written."""
    assert dry_run(scene.request(), scene.output()) == 0
    said = " ".join(scene.out.getvalue().split())
    assert "After these 5 blocks their number is fixed once, at most at 12 (about " in said
    assert not (scene.folder / "results").exists()


def test_every_report_stands_beside_the_run(scene: Scene) -> None:
    """For people, spreadsheets and CI servers."""
    assert scene.start(quiet=True) == 0
    assert {path.name for path in scene.where.iterdir()} >= {"run.json", "report.md", "trials.csv", "junit.xml"}
    lines = (scene.where / "trials.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(scene.kept.results)
    assert '<testsuite name="trials"' in (scene.where / "junit.xml").read_text(encoding="utf-8")


def test_a_condition_that_is_met_gives_status_1_and_a_line(scene: Scene) -> None:
    """Everything is saved as usual, the line says what was measured, and the CI server's file knows it, too."""
    assert scene.start("speedup(new) > 1.5", "errors > 0", "speedup(new) < 2", quiet=True) == 1
    (first,) = scene.err.getvalue().splitlines()
    assert first.startswith("stackduel: condition met: speedup(new) > 1.5: speedup(new, x) is ")
    assert scene.kept.status == "complete"
    junit = (scene.where / "junit.xml").read_text(encoding="utf-8")
    assert 'name="conditions"' in junit
    assert "condition met: speedup(new) &gt; 1.5" in junit


def test_what_cannot_be_told_gives_status_2_and_what_is_undecided_a_line(scene: Scene) -> None:
    """A figure that is missing is no figure that is right, and noise fails nothing."""
    scene.bench.found = lambda place: trial(
        place.stack, spreading(place).measurement.requests // 100, block=place.block, scenario="x"
    )
    assert scene.start("p99(new, x) > 1s", "speedup(new) > 1.99") == 2
    said = scene.err.getvalue().splitlines()
    (undecided_line,) = (line for line in said if "condition undecided" in line)
    assert undecided_line.startswith("stackduel: condition undecided: speedup(new) > 1.99: speedup(new, x) is ")
    (unknown,) = (line for line in said if "cannot be evaluated" in line)
    assert unknown.startswith("stackduel: condition cannot be evaluated: p99(new, x) > 1s: p99(new, x): ")
    assert unknown.endswith(" correct answers are too few (459 are needed)")


@pytest.mark.parametrize(
    ("text", "told"),
    [("speedup(new < 2", "column 13: expected )"), ("p99(newer) > 1s", "this run has no stack or scenario 'newer'")],
)
def test_a_condition_that_cannot_be_asked_starts_nothing(scene: Scene, text: str, told: str) -> None:
    """A typing error is told before the first server starts, also by a dry run, and leaves no folder behind."""
    with pytest.raises(FieldError, match=re.escape(told)):
        scene.start(text)
    with pytest.raises(FieldError, match=re.escape(told)):
        dry_run(scene.request([text]), scene.output())
    assert not (scene.folder / "results").exists()
    assert scene.bench.asked == []


def test_a_run_that_goes_on_is_asked_anew(scene: Scene) -> None:
    """Conditions are those of the command, and a run that is whole is judged at once."""
    assert scene.start(quiet=True) == 0
    asked = len(scene.bench.asked)
    assert scene.resume("speedup(new) > 1.5") == 1
    assert len(scene.bench.asked) == asked


def test_an_interrupted_run_is_not_judged(scene: Scene) -> None:
    """Half a run meets no condition."""

    def until(place: Place) -> Trial:
        if place.block == 3:
            raise KeyboardInterrupt
        return spreading(place)

    scene.bench = Bench(until)
    assert scene.start("speedup(new) > 1.5") == INTERRUPTED
    assert "condition" not in scene.err.getvalue()
    assert (scene.where / "trials.csv").exists()
