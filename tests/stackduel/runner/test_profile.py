"""Profiles of a service whose hot function is known, with the real py-spy."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from stackduel.observe.profiler.local_sampler import py_spy
from stackduel.observe.profiler.permission import may_look
from tests.conftest import unavailable
from tests.stackduel.profiled import HOT, write_own_stack
from tests.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals, and a right that Windows does not ask")

ROOT = Path(__file__).parents[3]
WITHIN_S = 200.0
# The first window of this seed is sampled.
SAMPLED_FIRST = "5"


@pytest.fixture(autouse=True)
def usable() -> None:
    """Skip where nobody lets py-spy look into a sibling."""
    try:
        py_spy()
    except ValueError as error:
        unavailable("profile", str(error))
    if not may_look():
        unavailable("profile", "this system lets only root look into other processes")


def profiling(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    words = ["profile", "planted", "--stacks-file", str(folder / "own.toml"), "--out", str(folder / "out"), *arguments]
    return subprocess.Popen(
        [sys.executable, "-m", "stackduel", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def profile_in(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The run's folder and its only finding."""
    (run,) = (folder / "out").iterdir()
    (finding,) = json.loads((run / "run.json").read_text())["findings"]
    return run, finding


def test_a_planted_function_is_named_first_in_all_workers(tmp_path: Path) -> None:
    """Its layer is the application's, what sampling costs is said, memory is recorded, all files are linked."""
    write_own_stack(tmp_path, "--workers", "2")
    svg = tmp_path / "out.svg"
    process = profiling(tmp_path, "--seconds", "5", "--memory", "--svg", str(svg))
    output, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, output
    run, finding = profile_in(tmp_path)
    widest, layer = finding["frames"][0], finding["layers"][0]
    assert (widest["name"], widest["layer"]) == (HOT, "application")
    assert widest["share"] > 0.5
    assert 0 <= widest["low"] < widest["share"] < widest["high"] <= 1
    assert (layer["layer"], finding["windows"]) == ("application", 5)
    assert finding["processes"] >= 2
    assert finding["cost"]["low"] < finding["cost"]["ratio"] < finding["cost"]["high"]
    page = (run / "report.html").read_text()
    memory = finding["memory"]
    assert memory["peak_mib"] > 1
    assert memory["holders"]
    for file in (finding["flamegraph"], finding["speedscope"], memory["flamegraph"]):
        assert (run / file).is_file()
        assert f'href="{file}"' in page
    assert svg.read_bytes() == (run / finding["flamegraph"]).read_bytes()
    assert HOT in svg.read_text()
    assert "window 5 of 5" in output
    assert not json.loads((run / "run.json").read_text())["trials"]


def test_ctrl_c_saves_what_was_sampled_and_leaves_nothing(tmp_path: Path) -> None:
    """The window that it ends counts with its samples, without a rate; py-spy and the server are gone."""
    write_own_stack(tmp_path)
    process = profiling(tmp_path, "--seconds", "600", "--seed", SAMPLED_FIRST)
    runner = psutil.Process(process.pid)

    def has_sampled() -> bool:
        found = [each for each in runner.children(recursive=True) if each.name() == "py-spy"]
        return bool(found) and sum(found[0].cpu_times()[:2]) > 0.3

    try:
        assert until(has_sampled, within_s=WITHIN_S), "py-spy never worked"
        tree = runner.children(recursive=True)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=WITHIN_S)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 130, output
    run, finding = profile_in(tmp_path)
    assert finding["samples"] > 0
    assert finding["frames"][0]["name"] == HOT
    assert (finding["windows"], finding["cost"]) == (1, None)
    assert (run / finding["flamegraph"]).is_file()
    assert until(lambda: not any(child.is_running() for child in tree))
