"""A new run, and a stored one that is resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.run_options import RunOptions
from stackduel.planning.planner import plan_run
from stackduel.runner.request import restore_plan
from stackduel.runner.run_state import new_run, restore_run
from stackduel.storage import run_file

FILE = """
[stacks.mine]
command = ["serve", "--token", "0ption-token-1", "{port}"]
summary = "mine, with d4tabase-pass in its address"
env = { DATABASE_URL = "postgres://shop:d4tabase-pass@db/shop" }
[[requests]]
name = "search"
method = "POST"
path = "/search?page=1&token=qu3ry-token-1"
headers = { Authorization = "Bearer ${SHOP_TOKEN}", X-Traffic = "load" }
body = '{"password": "b0dy-password", "user": "anna"}'
[load]
connections = 2
duration_s = 1
"""
SECRETS = ("0ption-token-1", "d4tabase-pass", "qu3ry-token-1", "b0dy-password", "s3cret-token-1")


def test_a_run_holds_no_secret_and_its_plan_sends_them_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's own description is public; resumed from its file, its requests are those of the user again."""
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-token-1")
    (tmp_path / "mine.toml").write_text(FILE)
    plan = plan_run(RunOptions(stacks_file=str(tmp_path / "mine.toml"), blocks=1), 7)
    made = new_run(plan, ("stackduel", "run", "--header", "X-Token=0ption-token-1"))
    assert not [secret for secret in SECRETS if secret in str((made.suite, made.stacks, made.command))]
    assert ("X-Traffic", "load") in made.suite.scenarios[0].workloads[0].headers
    stored = run_file.load(run_file.save(made, tmp_path / "run"))
    again = restore_plan(stored)
    assert restore_run(stored, again).suite == made.suite
    (step,) = again.steps_left(stored)
    sent = step.scenarios[0].workloads[0]  # type: ignore[union-attr]
    assert sent.target == "/search?page=1&token=qu3ry-token-1"
    assert sent.body == b'{"password": "b0dy-password", "user": "anna"}'
    assert dict(sent.headers)["Authorization"] == "Bearer s3cret-token-1"
