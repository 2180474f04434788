"""Runs that end early: what was measured stays, and nothing else does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import ANY_HOST
from tests.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

ROOT = Path(__file__).parents[3]
WITHIN_S = 30.0
SUITE = """
summary = "Two short windows."
baseline = "flask-gunicorn"
stacks = ["flask-gunicorn", "fastapi-uvicorn"]
blocks = 2
[[scenario]]
name = "short"
path = "/slow-io?delay=0.05"
load = { connections = 4, duration_s = 0.3, warmup_rounds = 1 }
[[scenario]]
name = "long"
path = "/slow-io?delay=0.05"
load = { connections = 4, duration_s = LONG, warmup_rounds = 1 }
"""


class Running:
    """A run in a process of its own, caught in the middle of its second trial."""

    def __init__(self, folder: Path) -> None:
        self.suite = folder / "two.toml"
        self.suite.write_text(SUITE.replace("LONG", "60"))
        self.out = folder / "out"
        arguments = ["run", str(self.suite), "--out", str(self.out), "--seed", "1", *ANY_HOST]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stackduel", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert until(lambda: len(self.trials()) == 1, within_s=150), "the first trial was never saved"
        self.tree = psutil.Process(self.process.pid).children(recursive=True)

    @property
    def folder(self) -> Path:
        (found,) = self.out.iterdir()
        return found

    def document(self) -> Any:
        return json.loads((self.folder / "run.json").read_text())

    def trials(self) -> list[dict[str, Any]]:
        found = list(self.out.glob("*/run.json"))
        return json.loads(found[0].read_text())["trials"] if found else []

    def end(self, number: signal.Signals) -> tuple[int, str]:
        os.kill(self.process.pid, number)
        output, _ = self.process.communicate(timeout=WITHIN_S)
        return self.process.returncode, output

    def nothing_left(self) -> bool:
        return until(lambda: not any(child.is_running() for child in self.tree))


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    run = Running(folder)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
        run.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_it_measured_and_can_go_on(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C in mid-trial: status 130, a readable run, its report, no process left; --resume measures only the rest."""
    with running(tmp_path) as run:
        assert len(run.tree) >= 4
        status, output = run.end(number)
        assert status == 130
        assert "stackduel run --resume" in output
        assert "interrupted: 1 of 8 trials measured" in " ".join(output.split())
        assert "Traceback" not in output
        assert run.nothing_left()
    first = run.document()
    assert (first["status"], len(first["trials"])) == ("interrupted", 1)
    assert (run.folder / "report.md").exists()

    run.suite.write_text(SUITE.replace("LONG", "60").replace('summary = "Two', 'summary = "Too'))
    changed = resume(run)
    assert changed.returncode == 2
    assert "--resume: the suite's summary changed" in changed.stderr


def test_a_resumed_run_ends_with_every_trial_once(tmp_path: Path) -> None:
    """A run that goes on has the first trial untouched, and every other one exactly once."""
    with running(tmp_path) as run:
        run.end(signal.SIGINT)
    before = run.document()
    shorter = json.loads(json.dumps(before).replace('"duration_s": 60.0', '"duration_s": 0.3'))
    (run.folder / "run.json").write_text(json.dumps(shorter))
    run.suite.write_text(SUITE.replace("LONG", "0.3"))
    done = resume(run)
    assert done.returncode == 0, done.stderr
    after = run.document()
    assert after["status"] == "complete"
    assert after["trials"][0] == before["trials"][0]
    places = [(trial["stack"], trial["scenario"], trial["block"]) for trial in after["trials"]]
    assert len(places) == len(set(places)) == 8
    assert all(trial["state"] == "ok" for trial in after["trials"])


def test_a_killed_run_leaves_a_readable_file_and_no_process(tmp_path: Path) -> None:
    """kill -9 in mid-trial: the finished trial is on disk, and servers, downstream and workers end by themselves."""
    with running(tmp_path) as run:
        status, _ = run.end(signal.SIGKILL)
        assert status == -signal.SIGKILL
        assert run.nothing_left()
    assert [trial["state"] for trial in run.document()["trials"]] == ["ok"]


def resume(run: Running) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackduel", "run", "--resume", str(run.folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
