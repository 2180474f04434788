"""The GitHub Action: its steps' shell, run here in a scripted repository as a runner would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stackduel.checkouts.repositories import commit, git, shop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the steps are written for bash")

ROOT = Path(__file__).parents[1]
ACTION: Mapping[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
EXPRESSION = re.compile(r"\$\{\{ *([^}]+?) *\}\}")
# Stands in for stackduel: remembers its words, prints a comment, and ends with the status that the test wants.
STACKDUEL = """#!/bin/bash
printf '%s\\n' "$@" >"$RUNNER_TEMP/words"
if [ -z "$QUIET" ]; then echo "## a comment"; fi
exit "${ENDS_WITH:-0}"
"""
# Stands in for a Python that makes environments and installs into them.
PYTHON = """#!/bin/bash
mkdir -p "$3/bin"
printf '#!/bin/bash\\nprintf "%%s\\\\n" "$@" >"$RUNNER_TEMP/installed"\\n' >"$3/bin/pip"
chmod +x "$3/bin/pip"
cp "$RUNNER_TEMP/stackduel-stub" "$3/bin/stackduel"
"""
GH = """#!/bin/bash
echo "$*" >>"$RUNNER_TEMP/gh"
case "$*" in *--paginate*) echo "$OURS"; exit "${GH_ENDS_WITH:-0}";; esac
"""


@dataclass
class Runner:
    """Runs the steps of the action one after another, with what GitHub would fill in."""

    folder: Path
    checkout: Path
    environ: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    event: dict[str, str] = field(default_factory=lambda: {"github.event.pull_request.number": "7"})
    outputs: dict[str, str] = field(default_factory=dict)

    def run(self) -> int:
        """Run all steps; return the first exit status that is not 0, as the job would fail with it."""
        for step in ACTION["runs"]["steps"]:
            if "if" in step and not self.event.get("github.event.pull_request.number"):
                continue
            status = self.step(step)
            if status:
                return status
        return 0

    def step(self, step: Mapping[str, Any]) -> int:
        output = self.folder / "output"
        output.write_text("", encoding="utf-8")
        own = {name: self.filled(text) for name, text in step.get("env", {}).items()}
        environ = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            **self.environ,
            **own,
        }
        done = subprocess.run(
            ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]),
            cwd=self.checkout, env=environ, check=False, capture_output=True, text=True,
        )  # fmt: skip
        self.outputs |= {
            f"steps.{step.get('id')}.outputs.{name}": value
            for name, _, value in (line.partition("=") for line in output.read_text(encoding="utf-8").splitlines())
        }
        return done.returncode

    def filled(self, text: str) -> str:
        """The text with its expressions replaced by what they stand for."""
        return EXPRESSION.sub(lambda hit: self.value(hit[1]), str(text))

    def value(self, name: str) -> str:
        if name.startswith("inputs."):
            key = name.removeprefix("inputs.")
            return self.inputs.get(key, self.filled(ACTION["inputs"][key]["default"]))
        known = {"github.action_path": "/action", "github.repository": "shop/shop", "github.token": "t"}
        return {**known, **self.event, **self.outputs}.get(name, "")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner whose checkout is a shallow clone that has the head alone."""
    origin = shop(tmp_path / "origin")
    base = git(origin, "rev-parse", "HEAD")
    commit(origin, {"shop/speed.py": "WAIT = 0.005\n"}, "slower")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    temp = tmp_path / "temp"
    (temp / "bin").mkdir(parents=True)
    for name, text in {"bin/python3": PYTHON, "bin/gh": GH, "stackduel-stub": STACKDUEL}.items():
        (temp / name).write_text(text, encoding="utf-8")
        (temp / name).chmod(0o755)
    git(tmp_path, "clone", "--quiet", "--depth", "1", origin.as_uri(), "checkout")
    made = Runner(temp, tmp_path / "checkout")
    made.event["github.event.pull_request.base.sha"] = base
    return made


def test_the_base_is_fetched_and_compared(runner: Runner) -> None:
    """The inputs reach stackduel; its comment reaches the summary and the pull request."""
    runner.inputs = {"fail-on": "speedup.high(head) < 0.95\nerrors > 0\n", "args": "--seed 7  --strict"}
    assert runner.run() == 0
    base = runner.event["github.event.pull_request.base.sha"]
    assert runner.text("words").splitlines() == [
        "pr", "--base", base, "--time-budget", "6m", "--out", str(runner.folder / "stackduel-results"),
        "--fail-on", "speedup.high(head) < 0.95", "--fail-on", "errors > 0", "--seed", "7", "--strict",
    ]  # fmt: skip
    assert git(runner.checkout, "cat-file", "-t", base) == "commit"
    assert runner.text("installed").splitlines()[-1] == "/action"
    assert runner.text("summary") == "## a comment\n"
    assert runner.text("stackduel-body.md") == "<!-- stackduel pr -->\n## a comment\n"
    assert "repos/shop/shop/issues/7/comments --field body=@" in runner.text("gh")


def test_a_comment_of_an_earlier_push_is_replaced(runner: Runner) -> None:
    """There is one comment of ours, however often the branch is pushed to."""
    runner.environ = {"OURS": "11\n12"}
    assert runner.run() == 0
    assert "--method PATCH repos/shop/shop/issues/comments/12 --field body=@" in runner.text("gh")


@pytest.mark.parametrize("status", [1, 2, 3])
def test_the_job_ends_with_the_status_of_the_comparison(runner: Runner, status: int) -> None:
    """The comment is written first, whatever was found."""
    runner.environ = {"ENDS_WITH": str(status)}
    assert runner.run() == status
    assert "## a comment" in runner.text("stackduel-body.md")


def test_a_comparison_that_printed_nothing_is_told(runner: Runner) -> None:
    """Where even the commits were wrong, the comment points to the log."""
    runner.environ = {"ENDS_WITH": "3", "QUIET": "1"}
    assert runner.run() == 3
    assert "compared nothing (exit status 3)" in runner.text("summary")


def test_a_token_that_may_not_write_fails_nothing(runner: Runner) -> None:
    """A fork's pull request has the result in its summary."""
    runner.environ = {"GH_ENDS_WITH": "1"}
    assert runner.run() == 0
    assert runner.text("summary") == "## a comment\n"


def test_without_a_pull_request_the_base_is_needed(runner: Runner) -> None:
    """On a push there is no base to go by, and nobody to write to."""
    runner.event = {}
    assert runner.run() == 2
    runner.inputs = {"base": "HEAD"}
    assert runner.run() == 0
    assert not (runner.folder / "gh").exists()


def test_no_input_is_part_of_a_script() -> None:
    """An expression within a script would let a branch's name run commands."""
    assert not [step["name"] for step in ACTION["runs"]["steps"] if EXPRESSION.search(step["run"])]


def test_the_words_are_those_of_the_command(runner: Runner) -> None:
    """stackduel itself understands what the action makes of its inputs, and plans the comparison."""
    stub = f'#!/bin/bash\nexec "{sys.executable}" -m stackduel "$@"\n'
    (runner.folder / "stackduel-stub").write_text(stub, encoding="utf-8")
    runner.inputs = {"args": "--dry-run", "fail-on": "speedup.high(head) < 0.95"}
    assert runner.run() == 0
    assert "base.twin" in runner.text("summary")
