"""``stackduel tune``: what it plans, and what it refuses."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest

from tests.stackduel.cli.called import called

APP = """
import time
def app(environ, start_response):
    time.sleep(0.05)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
def wrapped(*args): return app(*args)
def create_app(): return app
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an application, as its owner would stand in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")
    return tmp_path


def test_a_dry_run_shows_every_candidate_and_starts_nothing(shop: Path) -> None:
    """The current command and where it was read, the commands, the rounds and the time."""
    (shop / "Procfile").write_text("web: gunicorn shop:app -w 2 --timeout 60\n", encoding="utf-8")
    ended = called("tune", "shop:app", "--python", sys.executable, "--path", "/", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    text = " ".join(ended.stdout.split())
    for part in (
        "The current command (Procfile, web) gunicorn --bind 127.0.0.1:8000 shop:app -w 2 --timeout 60",
        "gunicorn-gthread-w1-t16", "gunicorn-gevent-w1", "granian-w1-t64", "waitress-t16",
        "Little's law", "beside the current command and its twin in 5 blocks", "About 4 min", "nothing was started",
    ):  # fmt: skip
        assert part in text
    assert {path.name for path in shop.iterdir()} <= {"Procfile", "shop.py", "__pycache__"}


def test_servers_that_are_missing_are_named_and_installed_by_no_dry_run(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --with-servers it says how to try them; with it they are candidates to come."""
    venv.EnvBuilder(symlinks=sys.platform != "win32", with_pip=False).create(shop / ".venv")
    monkeypatch.setenv("XDG_CACHE_HOME", str(shop / "cache"))
    bare = called("tune", "shop:app", "--path", "/", "--dry-run")
    assert bare.returncode == 2
    assert "can import no server for WSGI" in bare.stderr
    assert "--with-servers" in bare.stderr

    ended = called("tune", "shop:app", "--path", "/", "--dry-run", "--with-servers")
    assert ended.returncode == 0, ended.stderr
    text = " ".join(ended.stdout.split())
    assert "waitress-t16" in text
    assert "Your environment lacks" in text
    assert "they would be installed beside it first" in text
    assert not (shop / "cache").exists()


def test_traffic_is_sent_as_it_was_recorded(shop: Path) -> None:
    """From a log, and from the suite that an import makes of it; what changes data is left out and named."""
    line = '127.0.0.1 - - [01/Jan/2026:10:00:{:02d} +0000] "{} HTTP/1.1" 200 2 "-" "curl"\n'
    asked = [*["GET /search?q=lamp"] * 30, *["GET /cart"] * 20, *["POST /cart"] * 9]
    (shop / "access.log").write_text("".join(line.format(at, each) for at, each in enumerate(asked)), encoding="utf-8")
    words = ("--python", sys.executable, "--dry-run")
    ended = called("tune", "shop:app", "--import", "access.log", *words)
    assert ended.returncode == 0, ended.stderr
    assert "GET /search?q=lamp, GET /cart, 64 connections" in " ".join(ended.stdout.split())
    assert "2 routes with 84.7 % of 59 recorded requests" in ended.stderr
    assert "Left out, as they change data: POST (9)" in " ".join(ended.stderr.split())
    assert called("import", "access.log", "--out", "mine.toml").returncode == 0
    again = called("tune", "shop:app", "--requests", "mine.toml", *words)
    assert again.stdout == ended.stdout
    wrong = called("tune", "shop:app", "--import", "mine.toml", *words)
    assert (wrong.returncode, "--requests takes it as it is" in " ".join(wrong.stderr.split())) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["nosuch:app"], "ModuleNotFoundError: No module named 'nosuch'", id="no-module"),
        pytest.param(["shop:ap"], "APP: shop:ap is not there", id="no-name"),
        pytest.param(["shop:create_app"], "looks like a factory", id="factory"),
        pytest.param(["shop:wrapped"], "--interface wsgi or --interface asgi", id="any-arguments"),
        pytest.param(["shop app"], "APP: must be module:name", id="no-name-of-an-application"),
        pytest.param(["shop:app", "--python", "nowhere"], "--python: must be an interpreter", id="python"),
        pytest.param(["shop:app", "--current", "flask run"], "--current: 'flask' is no server", id="current"),
        pytest.param(["shop:app", "--slo", "p98=1ms"], "--slo: 'p98=1ms'", id="slo"),
        pytest.param(["shop:app", "--path", "/", "--requests", "a.toml"], "--requests: cannot be", id="both"),
        pytest.param(["shop:app", "--requests", "none.toml"], "none.toml", id="no-file"),
        pytest.param(["shop:app", "--import", "none.log"], "none.log: cannot be read", id="no-log"),
        pytest.param(["shop:app", "--path", "search"], "--path", id="path"),
        pytest.param(["shop:app", "--time-budget", "15s"], "--time-budget: at least", id="time"),
        pytest.param(["shop:app", "--connections", "0"], "--connections", id="connections"),
        pytest.param(["shop:app", "--fail-on", "speedup > 1"], "speedup", id="condition"),
    ],
)  # fmt: skip
def test_wrong_input_ends_with_status_2(shop: Path, words: list[str], message: str) -> None:
    """The sentence names the option or argument; nothing is started, and nothing is written."""
    python = [] if "--python" in words else ["--python", sys.executable]
    ended = called("tune", *words, *python, "--dry-run")
    assert ended.returncode == 2
    assert message in " ".join(ended.stderr.split())
    assert not (shop / "results").exists()
