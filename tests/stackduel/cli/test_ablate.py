"""``stackduel ablate``: what it plans, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel import cli

STACK = "fastapi-uvicorn"


def test_a_dry_run_shows_the_design_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switches with both values, every arm, the blocks and the time; no folder is made."""
    monkeypatch.chdir(tmp_path)
    assert cli.exit_status(["ablate", STACK, "--switch", "uvloop,backlog", "--dry-run"]) == 0
    text = capsys.readouterr().out
    for part in ("LOOP=asyncio", "LOOP=uvloop", "all-off", "all-on", "10 blocks of 4 arms each", "nothing was started"):
        assert part in text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["flask-gunicornn"], "STACK: 'flask-gunicornn' is unknown"),
        ([STACK, "--switch", "nothing"], "--switch: 'nothing' is unknown"),
        ([STACK, "--time-budget", "10s"], "--time-budget: at least"),
        ([STACK, "--path", "/json", "--suite", "quick"], "--path: cannot be combined with --suite"),
        ([STACK, "--suite", "nosuch"], "SUITE: 'nosuch' is none of"),
        ([STACK, "--launcher", "compose"], "--launcher: compose"),
        ([STACK, "--fail-on", "p99 > 1ms"], "p99"),
    ],
)
def test_wrong_input_ends_with_status_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence names the option or argument; nothing is started."""
    assert cli.exit_status(["ablate", *words, "--dry-run"]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
