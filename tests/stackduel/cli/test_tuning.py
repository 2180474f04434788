"""``stackduel tune`` on a real application: windows so short need a machine that does nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from stackduel.search import tune_schedule
from tests.conftest import ANY_HOST
from tests.stackduel.cli.called import called
from tests.stackduel.valid import check

APP = """
import time
def app(environ, start_response):
    time.sleep(0.05)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
def create_app(): return app
"""


def test_a_real_application_gets_a_command_that_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An application that waits under one process: what is recommended holds more at once, and run.json is valid."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")
    monkeypatch.setattr(tune_schedule, "SCREENING_S", (0.3, 0.3))
    monkeypatch.setattr(tune_schedule, "CONFIRMING_S", (0.3, 0.3))
    monkeypatch.setattr(tune_schedule, "FEWEST_SCREENED", 3)
    monkeypatch.setattr(tune_schedule, "MOST_FINALISTS", 1)
    ended = called(
        *("tune", "shop:create_app()", "--python", sys.executable, "--path", "/", "--connections", "8"),
        *("--current", "gunicorn 'shop:create_app()'", "--time-budget", "50s", "--out", "out", "--quiet"),
        *(*ANY_HOST, "--fail-on", "gain < 2"),
    )
    assert ended.returncode == 0, ended.stderr
    (path,) = (tmp_path / "out").glob("*/run.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    check(content)
    (finding,) = content["findings"]
    assert finding["after"].endswith("shop:create_app") or finding["after"].endswith("'shop:create_app()'")
    (best,) = [each for each in finding["confirmed"] if each["stack"] == finding["recommended"]]
    assert best["gain"] > 2
    assert finding["wait_ms"] > 45
    report = (path.parent / "report.md").read_text(encoding="utf-8")
    assert finding["after"] in report
