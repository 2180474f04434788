"""Every stack is started once before anything is measured, and all that is wrong is told at once."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.cli import exit_status
from stackduel.model.errors import LaunchError
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import Scenario, Workload
from stackduel.model.target import Address
from stackduel.model.trial import Failure, Place
from stackduel.planning.order import interleaved
from stackduel.runner.preflight import fault_lines, preflight
from stackduel.runner.run_context import RunContext
from stackduel.verify.verification import VerifyError
from tests.conftest import ANY_HOST, serving
from tests.stackduel.makers import WAITING, measurement, run, trial
from tests.stackduel.runner.fakes import STACKS, FakeEngine, FakeLauncher, Silent, context_of, plan_of

SECOND = Scenario("second", (Workload("/second"),), WAITING.load)
THREE = {"slow": "baseline", "fast": "rewrite", "wrong": "control"}


class Telling(Silent):
    """Remembers what is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.left_out: tuple[str, ...] = ()

    def print_line(self, text: str) -> None:
        self.lines.append(text)

    def leave_out(self, stacks: Sequence[str]) -> None:
        self.left_out = tuple(stacks)


class Scene:
    """A run of three stacks, of which some are broken, and what became of it."""

    def __init__(self, address: Address, broken: frozenset[str], *, keep_going: bool | None = False) -> None:
        scenarios = (WAITING, SECOND)
        begun = run([], THREE, scenarios)
        self.run = replace(begun, suite=replace(begun.suite, blocks=2), planned=12)
        self.launcher = FakeLauncher(address, broken)
        self.progress = Telling()
        self.kept: list[Run] = []
        plan = plan_of(self.run, RunOptions(timeout_s=5, keep_going=keep_going))
        stacks = {**STACKS, "wrong": replace(STACKS["fast"], name="wrong", tier="control")}
        self.plan = replace(plan, stacks=stacks, steps=interleaved(self.run.suite, stacks, 1))
        engine = FakeEngine(lambda _job: measurement([100.0]))
        self.context = context_of(self.plan, self.launcher, engine, self.kept.append, self.progress)

    def fly(self) -> RunContext:
        return preflight(self.context, self.run)

    @property
    def failures(self) -> list[tuple[Place, str]]:
        return [(each.place, each.reason) for each in self.kept[-1].results if isinstance(each, Failure)]


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def test_every_stack_is_started_once_the_baseline_first(address: Address) -> None:
    """Its answers are the right ones; where nothing is wrong nothing is said, saved or left out."""
    scene = Scene(address, frozenset())
    assert scene.fly() is scene.context
    assert scene.launcher.events == [
        f"{what} {name}" for name in ("slow", "fast", "wrong") for what in ("start", "stop")
    ]
    assert (scene.kept, scene.progress.lines) == ([], [])


def test_all_that_is_wrong_is_told_at_once(address: Address) -> None:
    """A line a stack, what measures the others, and a failure in each scenario of the record."""
    scene = Scene(address, frozenset({"fast", "wrong"}))
    with pytest.raises(LaunchError) as raised:
        scene.fly()
    assert str(raised.value).splitlines() == [
        "2 of 3 stacks cannot be measured, so nothing was (--keep-going measures the others):",
        "  fast: no such module",
        "  wrong: no such module",
    ]
    assert scene.failures == [
        (Place(name, scenario, 1), f"{name}: no such module")
        for name in ("fast", "wrong")
        for scenario in ("waiting", "second")
    ]


def test_a_command_without_the_option_does_not_name_it(address: Address) -> None:
    """Of two commits one alone says nothing."""
    with pytest.raises(LaunchError) as raised:
        Scene(address, frozenset({"fast"}), keep_going=None).fly()
    assert str(raised.value).splitlines()[0] == "1 of 3 stacks cannot be measured, so nothing was:"


def test_a_stack_that_cannot_run_is_left_out_if_the_user_says_so(address: Address) -> None:
    """Its steps leave the plan, its trials the count, and its failures stay."""
    scene = Scene(address, frozenset({"fast"}), keep_going=True)
    plan = scene.fly().plan
    assert set(plan.stacks) == {"slow", "wrong"}
    assert {step.stack for step in plan.steps_left(scene.kept[-1])} == {"slow", "wrong"}  # type: ignore[union-attr]
    assert len(plan.steps) == 4
    assert scene.progress.lines == ["Left out: fast: no such module"]
    assert scene.progress.left_out == ("fast",)
    assert (len(scene.failures), scene.kept[-1].planned) == (2, 8)


def test_a_wrong_migration_that_cannot_run_stops_nobody(address: Address) -> None:
    """A control is there to be bad; it is left out without being asked."""
    scene = Scene(address, frozenset({"wrong"}))
    assert set(scene.fly().plan.stacks) == {"slow", "fast"}


def test_without_the_baseline_there_is_nothing_to_compare(address: Address) -> None:
    """Whatever the user says."""
    scene = Scene(address, frozenset({"slow"}), keep_going=True)
    with pytest.raises(LaunchError, match=r"1 of 3 stacks cannot .*; the baseline, slow, is among them:\n  slow: no"):
        scene.fly()


def test_what_is_measured_already_is_not_started_again(address: Address) -> None:
    """A run that is whole has nothing to check; of one that lacks a stack that one is, and the baseline."""
    scene = Scene(address, frozenset())
    done = [
        trial(name, 1, block=block, scenario=scenario)
        for name in THREE
        for block in (1, 2)
        for scenario in ("waiting", "second")
    ]
    scene.run = replace(scene.run, results=tuple(done))
    scene.fly()
    assert scene.launcher.events == []
    scene.run = replace(scene.run, results=tuple(each for each in done if each.place.stack != "wrong"))
    scene.fly()
    assert scene.launcher.events == ["start slow", "stop slow", "start wrong", "stop wrong"]


def test_the_twin_is_the_baseline_once_more(address: Address) -> None:
    """It is not started beside it."""
    scene = Scene(address, frozenset())
    stacks = {**scene.plan.stacks, "slow.twin": scene.plan.stacks["slow"]}
    context = replace(scene.context, plan=replace(scene.plan, stacks=stacks))
    preflight(context, scene.run)
    assert scene.launcher.events.count("start slow") == 1


def test_a_failed_start_is_one_line() -> None:
    """The reason, the line of the log that says why, and the hint; wrong answers are a line each."""
    log = (
        "Traceback (most recent call last):\n  File 'a.py', line 1\nModuleNotFoundError: No module named 'shop'\nbye\n"
    )
    error = LaunchError("new: the server ended with exit status 3", log, "The gunicorn is ours")
    assert fault_lines(error) == [
        "new: the server ended with exit status 3 | ModuleNotFoundError: No module named 'shop' | The gunicorn is ours"
    ]
    gunicorn = f"{log}[2026-11-28 23:27:45 +0000] [7] [ERROR] Reason: Worker failed to boot.\n"
    assert "ModuleNotFoundError" in fault_lines(LaunchError("new: it ended", gunicorn))[0]
    assert fault_lines(LaunchError("new: it ended", "cannot bind\nbye\n")) == ["new: it ended | cannot bind"]
    assert fault_lines(LaunchError("new: it ended", "one\ntwo\n")) == ["new: it ended | two"]
    assert fault_lines(VerifyError("new: GET /a is wrong\nnew: GET /b is wrong")) == [
        "new: GET /a is wrong",
        "new: GET /b is wrong",
    ]
    assert len(fault_lines(LaunchError("x" * 1000))[0]) < 400


SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        status, body = (404, b"") if self.path == "/health" else (200, sys.argv[2].encode())
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
PYTHON = Path(sys.executable).as_posix()
STACKS_FILE = f"""
[stacks.today]
command = ["{PYTHON}", "serve.py", "{{port}}", "right"]
tier = "baseline"
[stacks.lost]
command = ["{PYTHON}", "serve.py", "{{port}}", "right"]
health = "/nowhere"
[stacks.other]
command = ["{PYTHON}", "serve.py", "{{port}}", "other"]
[stacks.unfound]
command = "no-such-server --port {{port}}"
[stacks.module]
command = ["{PYTHON}", "-m", "no_such_module", "{{port}}"]
[[requests]]
name = "item"
path = "/item"
[load]
connections = 1
requests = 20
"""
COPY = f"""
[stacks.copy]
command = ["{PYTHON}", "serve.py", "{{port}}", "right"]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with servers, of which one is right."""
    (tmp_path / "serve.py").write_text(SERVER.replace('"/health"', '"/nowhere"'))
    (tmp_path / "shop.toml").write_text(STACKS_FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_four_faults_of_a_stacks_file_are_told_in_seconds(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its mend, and nothing was measured: the status is that of a stack that cannot be measured."""
    began_s = time.monotonic()
    assert exit_status(("run", "--stacks-file", "shop.toml", "--blocks", "1")) == 3
    # Half a minute for each stack, as a wait for what never comes takes, would be two minutes.
    assert time.monotonic() - began_s < 60
    told = capsys.readouterr().err
    assert "4 of 5 stacks cannot be measured, so nothing was (--keep-going measures the others):" in told
    lines = {line.split(":")[0].strip(): line for line in told.splitlines() if line.startswith("  ")}
    assert "GET /nowhere answered 404; health names a path" in lines["lost"]
    assert "other" in lines
    assert "no-such-server was not found: python = " in lines["unfound"]
    assert "No module named no_such_module" in lines["module"]
    (where,) = (shop / "results").iterdir()
    stored = json.loads((where / "run.json").read_text(encoding="utf-8"))
    assert stored["status"] == "failed"
    assert {each["stack"] for each in stored["trials"]} == {"lost", "other", "unfound", "module"}


def test_the_others_are_measured_if_the_user_says_so(shop: Path) -> None:
    """The status is still that of a stack that could not be measured."""
    (shop / "shop.toml").write_text(STACKS_FILE.replace("[[requests]]", f"{COPY}[[requests]]"))
    asked = ("run", "--stacks-file", "shop.toml", "--blocks", "1", "--keep-going", "--quiet", *ANY_HOST)
    assert exit_status(asked) == 3
    (where,) = (shop / "results").iterdir()
    stored = json.loads((where / "run.json").read_text(encoding="utf-8"))
    assert stored["status"] == "complete"
    measured = {each["stack"] for each in stored["trials"] if each["state"] != "failed"}
    assert measured == {"today", "copy"}
