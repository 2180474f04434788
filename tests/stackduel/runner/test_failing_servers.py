"""Whole runs on servers that fail under load: they are never called faster, and one that always fails ends at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import pytest

from tests.stackduel.cli.called import Ended, called

SERVER = Path(__file__).with_name("failing_server.py")
# A busy host must not void what this is about.
GATES = ["--gate", "foreign_cpu=1", "--gate", "steal=1", "--gate", "littles_law=1", "--gate", "headroom=0.01"]


def stacks_file(folder: Path, **fails: str) -> Path:
    """A stacks file of servers that fail as told; the first is the baseline."""
    lines = ["[load]", "connections = 4", "duration_s = 0.6", "warmup_s = 0.1"]
    for number, (name, how) in enumerate(fails.items()):
        command = json.dumps([sys.executable, str(SERVER), "{port}", how])
        lines += [f"[stacks.{name}]", f"command = {command}", f'tier = "{"rewrite" if number else "baseline"}"']
    lines += ["[[requests]]", 'name = "page"', 'path = "/page"', 'check = "body"']
    path = folder / "mine.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def ran(folder: Path, file: Path, blocks: int, *more: str) -> Ended:
    """The run of a stacks file, ended."""
    options = ("--stacks-file", str(file), "--blocks", str(blocks), *GATES, "--out", str(folder / "results"))
    return called("run", *options, *more)


def right_answers(trials: list[dict[str, Any]], stack: str, baseline: str) -> float:
    """The geometric mean, over the blocks, of the right answers a second of a stack over those of the baseline."""
    counted = [each for each in trials if each["state"] in {"ok", "noisy"}]
    rates = {(each["stack"], each["block"]): each["succeeded"] / each["duration_s"] for each in counted}
    blocks = sorted({block for _, block in rates})
    return geometric_mean(rates[stack, block] / rates[baseline, block] for block in blocks)


def report_of(folder: Path) -> str:
    """The comment for a pull request that the run wrote."""
    (path,) = (folder / "results").glob("*/report.md")
    return path.read_text(encoding="utf-8")


def test_every_second_request_failed_is_never_faster(tmp_path: Path) -> None:
    """The issue's own case, from the server to the advice and the report."""
    found = ran(tmp_path, stacks_file(tmp_path, sound="none", half="half"), 5, "--json", "--quiet")
    assert found.returncode == 0, found.stderr
    run = json.loads(found.stdout)
    (half,) = (each for each in run["comparisons"] if each["candidate"] == "half")
    # Four connections get at most 80 answers a second from the sound server; the other one waits for nothing.
    assert half["speedup"] == pytest.approx(right_answers(run["trials"], "half", "sound"), rel=0.01)
    assert half["speedup"] > 1
    assert half["verdict"] == "inconclusive"
    assert half["failures"]["share"] == pytest.approx(0.5, abs=0.02)
    assert half["failures"]["outcome"] == "status"
    assert run["advice"]["run"]["stack"] is None
    assert "half fails" in run["advice"]["run"]["sentence"]
    samples = {each["sample"] for each in run["trials"] if each["stack"] == "half" and each["failed"]}
    assert samples == {"status 500, 'pool exhausted'"}
    assert {each["sample"] for each in run["trials"] if each["stack"] == "sound"} == {None}
    text = report_of(tmp_path)
    assert "one of its wrong answers: status 500, 'pool exhausted'" in text
    assert "fails more requests than the baseline" in text or "fails more" in text
    assert "migrate as soon as possible" not in text


def test_a_stack_that_always_fails_ends_at_once_with_a_sample(tmp_path: Path) -> None:
    """One trial, the commonest outcome and a sample answer in the terminal and in report.md, exit status 3."""
    found = ran(tmp_path, stacks_file(tmp_path, sound="none", broken="all"), 2)
    assert found.returncode == 3, found.stderr
    for text in (" ".join(found.stdout.split()), " ".join(report_of(tmp_path).split())):
        assert "requests failed, with the outcome status" in text
        assert "pool exhausted" in text
    (path,) = (tmp_path / "results").glob("*/run.json")
    trials = json.loads(path.read_text(encoding="utf-8"))["trials"]
    broken = [each["reason"] for each in trials if each["stack"] == "broken"]
    assert len(broken) == 2
    assert broken[1] == broken[0]
