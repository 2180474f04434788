"""Run again, alone, the tests that failed beside others: ``python -m tests.second_look GROUP...``.

Groups of tests run beside each other to save time, on fewer cores than they could use. A test that fails there is
judged by itself: one at a time, with nothing beside it. It must pass as it stands, and it is named either way. A few
such failures are chance, more have a cause, so then nothing is run again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# In a whole run of some 9,000 tests on two busy cores, as many missed a moment at most.
MOST = 5
BUILD = Path("build")

RunAlone = Callable[[Sequence[str]], bool]


def cache_of(group: str, build: Path = BUILD) -> Path:
    """Where pytest keeps what it knows of a group's last run."""
    return build / f"{group}-cache"


def failures_of(group: str, build: Path = BUILD) -> list[str]:
    """The tests of a group that failed when it was last run, by their ids; none where it failed before any test."""
    path = cache_of(group, build) / "v" / "cache" / "lastfailed"
    return sorted(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def run_alone(tests: Sequence[str]) -> bool:
    """Whether all of them pass, one after another."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, check=False).returncode == 0


def say(line: str) -> None:
    """Print a line at once, as what pytest's own process prints stands between."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def judge(failures: Mapping[str, Sequence[str]], run_alone: RunAlone = run_alone) -> list[str]:
    """Return why the groups that failed have failed, a line each; nothing where each test passed alone."""
    if silent := [group for group, tests in failures.items() if not tests]:
        return [f"{group}: failed, but no test of it did: see build/{group}.log" for group in silent]
    every = [test for tests in failures.values() for test in tests]
    if len(every) > MOST:
        return [f"{len(every)} tests failed; more than {MOST} are not chance", *every]
    missed = [test for test in every if not run_alone([test])]
    for test in every:
        say(f"failed beside others, {'failed' if test in missed else 'passed'} alone: {test}")
    return [f"{test}: failed twice" for test in missed]


def main(groups: Sequence[str]) -> int:
    """Judge the groups; the exit status."""
    reasons = judge({group: failures_of(group) for group in groups})
    for reason in reasons:
        say(reason)
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
