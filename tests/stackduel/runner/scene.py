"""Runs in a folder of their own, with servers and loads that are made up."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from rich.console import Console

from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.lost_part import LostPart
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.model.target import Address, Elsewhere
from stackduel.model.trial import Place, Result, Trial
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.output import Output
from stackduel.runner.request import RunRequest
from stackduel.runner.resumption import resume
from stackduel.runner.run_context import RunContext
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.runner.sandbox import Sandbox
from stackduel.runner.session import start
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

    def lost_companion(self) -> None:
        return None

    def log_tail(self, lines: int = 20) -> str:
        return ""

    def terminate(self, grace_s: float) -> ServerEnd:
        raise AssertionError(grace_s)


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

    def lost(self) -> LostPart | None:
        return None

    def downstream_log(self, lines: int) -> str:
        return ""

    def restore(self) -> None:
        raise AssertionError("nothing was lost")

    def alone(self, module: Sequence[str]) -> str:
        raise AssertionError(module)

    def interpreter(self, stack: Stack) -> InterpreterFacts | None:
        return None

    def facts(self) -> Mapping[str, object]:
        return {}


@dataclass
class Bench:
    """Gives each place the result that ``found`` says, and remembers the places."""

    found: Callable[[Place], Result]
    asked: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sandbox: Sandbox = field(default_factory=lambda: Sandbox(FakeLauncher()))

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
    progress: RunProgress | None = None

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
        self.progress = progress
        yield RunContext(plan, FakeLauncher(), self.bench, record.save, progress)  # type: ignore[arg-type]

    @property
    def where(self) -> Path:
        (found,) = (self.folder / "results").iterdir()
        return found

    @property
    def hidden(self) -> Path:
        return self.folder / "hidden"

    def block(self) -> None:
        """Put a file in the place of the run's folder, so that nothing can be saved there."""
        where = self.where
        where.rename(self.hidden)
        where.write_text("in the way")

    def free(self) -> None:
        where = self.where
        where.unlink()
        self.hidden.rename(where)

    @property
    def kept(self) -> Run:
        check(json.loads((self.where / run_file.RUN_FILE).read_text(encoding="utf-8")))
        return run_file.load(self.where)
