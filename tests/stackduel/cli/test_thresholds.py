"""Whole runs against servers whose times are known: a server that is too slow ends its run with status 1."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from stackduel.cli import exit_status
from stackduel.storage import run_file
from tests.conftest import ANY_HOST, serving

SLOW_S = 0.03
FILE = """
[stacks.it]
url = "{url}"
[[requests]]
name = "front"
path = "/"
[load]
connections = 1
requests = 12
warmup_rounds = 1
{thresholds}
"""


def slow(_request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
    """An answer after 30 ms, never before."""
    time.sleep(SLOW_S)
    return 200, b"done"


def measured(tmp_path: Path, thresholds: str, *options: str) -> int:
    """The exit status of a run of one block against the slow server."""
    with serving(slow) as address:
        path = tmp_path / "mine.toml"
        path.write_text(FILE.format(url=address.url, thresholds=thresholds))
        arguments = ["run", "--stacks-file", str(path), "--blocks", "1", "--out", str(tmp_path), "--quiet"]
        return exit_status([*arguments, *ANY_HOST, *options])


def test_a_server_that_is_too_slow_fails_with_the_threshold_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its mean is above 30 ms: a bound of 20 ms is broken, one of 60 s is not, and neither is that on errors."""
    assert measured(tmp_path, "[thresholds]\nmean_ms = 20\nerrors = 0\np50_ms = 60000") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("stackduel: threshold broken: front on it: mean <= 20 ms: ")
    (folder,) = tmp_path.glob("*-mine-*")
    run = run_file.load(folder)
    assert {each.name: each.ok for each in run.slas} == {"mean_ms": False, "errors": True, "p50_ms": True}


def test_a_rate_below_its_bound_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One client cannot have more than 33 answers a second of it; a file of the command line replaces the bounds."""
    strict = tmp_path / "strict.toml"
    strict.write_text("[thresholds.front]\nrate_rps = 40\n")
    assert measured(tmp_path, "[thresholds]\nmean_ms = 60000", "--thresholds", str(strict)) == 1
    assert "threshold broken: front on it: rate >= 40 req/s: " in capsys.readouterr().err


def test_a_server_within_its_thresholds_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And its memory, which nobody can read at a URL, fails nothing."""
    assert measured(tmp_path, "[thresholds]\nmean_ms = 60000\nrate_rps = 0.01\ngrowth_mib = 1") == 0
    assert capsys.readouterr().err == ""


def test_a_threshold_that_too_little_was_measured_for_is_not_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A p99 takes hundreds of requests: that of a dozen is unknown, and the status is 2."""
    assert measured(tmp_path, "[thresholds]\np99_ms = 60000") == 2
    assert "threshold cannot be judged: front on it: p99 <= 60000 ms: not enough requests" in capsys.readouterr().err
