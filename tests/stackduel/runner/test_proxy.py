"""A whole run of a stack without a proxy and behind one that keeps events back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from stackduel.cli import exit_status
from tests.conftest import ANY_HOST

SUITE = """
summary = "Streams of 1 s."
baseline = "asgi-uvicorn"
stacks = ["asgi-uvicorn"]
[[scenario]]
name = "streams"
path = "/stream?events=6&interval=0.2&size=4096"
stream = "sse"
load = { connections = 2, duration_s = 3.0 }
"""


@pytest.mark.usefixtures("nginx")
@pytest.mark.skipif(sys.platform == "win32", reason="nginx is not started on Windows")
def test_a_run_shows_what_a_proxy_keeps_back(tmp_path: Path) -> None:
    """Behind it large events come with the next ones, its CPU time stands apart, and the facts say how it was set."""
    (tmp_path / "streams.toml").write_text(SUITE, encoding="utf-8")
    options = ["--proxy", "none,nginx-buffered", "--blocks", "1", "--out", str(tmp_path / "out"), "--quiet"]
    assert exit_status(["run", str(tmp_path / "streams.toml"), *options, *ANY_HOST]) == 0
    (path,) = (tmp_path / "out").glob("*/run.json")
    run = json.loads(path.read_text())
    behind = "asgi-uvicorn+nginx-buffered"
    assert {name: each["proxy"] for name, each in run["stacks"].items()} == {
        "asgi-uvicorn": None,
        behind: "nginx, proxy_buffering on, X-Accel-Buffering ignored",
    }
    trials = {each["stack"]: each for each in run["trials"]}
    assert trials["asgi-uvicorn"]["proxy_cpu_s"] is None
    assert trials[behind]["proxy_cpu_s"] > 0
    direct, late = (trials[name]["streams"] for name in ("asgi-uvicorn", behind))
    assert late["completed"] > 0
    # An event ends in the next of the proxy's buffers, and that part comes with the next event, 0.2 s later.
    assert late["added_ms"]["mean"] > 100 > direct["added_ms"]["mean"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            ("--proxy", "ngnix"),
            "'ngnix': must be of none, nginx, nginx-unbuffered, nginx-buffered; did you mean nginx?",
        ),
        (("--proxy", ","), "must name at least one of none, nginx"),
        (("--proxy-timeout", "0"), "0 is not in the range from 0.1 s to 1 h"),
        (("--proxy-timeout", "2s"), "--proxy-timeout: only with --proxy"),
    ],
)
def test_a_wrong_proxy_is_named(option: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the option, and what it may be."""
    assert exit_status(["run", "short", "--dry-run", *option]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
