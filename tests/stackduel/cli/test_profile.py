"""``stackduel profile``: what it plans, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.observe.profiler import local_sampler
from tests.stackduel.cli.called import called

STACK = "fastapi-uvicorn"
OWN = """
[stacks.mine]
command = ["python", "-m", "http.server", "{port}", "--bind", "{host}"]
health = "/"
[stacks.far]
url = "http://127.0.0.1:1"
[[requests]]
name = "home"
path = "/"
"""


def test_a_dry_run_shows_the_windows_and_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request, the load and the time; no folder is made."""
    monkeypatch.chdir(tmp_path)
    ended = called("profile", STACK, "--seconds", "10", "--dry-run")
    assert ended.returncode == 0
    for part in (STACK, "/json?items=1000", "where the time goes, in 10 s of samples", "nothing was started"):
        assert part in ended.stdout
    assert not list(tmp_path.iterdir())


def test_a_stacks_file_brings_its_own_requests(tmp_path: Path) -> None:
    """They are what is profiled, with the most connections of the file's loads."""
    file = tmp_path / "own.toml"
    file.write_text(OWN)
    ended = called("profile", "mine", "--stacks-file", str(file), "--dry-run")
    assert ended.returncode == 0
    assert "home" in ended.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["flask-gunicornn"], "STACK: 'flask-gunicornn' is unknown; did you mean flask-gunicorn?"),
        (["triton"], "STACK: triton is no Python server"),
        ([STACK, "--seconds", "1"], "--seconds"),
        ([STACK, "--seconds", "2h"], "--seconds"),
        ([STACK, "--path", "/json", "--suite", "quick"], "--path: cannot be combined with --suite"),
        ([STACK, "--suite", "nosuch"], "SUITE: 'nosuch' is none of"),
        ([STACK, "--launcher", "url"], "STACK: fastapi-uvicorn runs elsewhere"),
        (["far", "--stacks-file", "own.toml"], "STACK: far runs elsewhere"),
        ([STACK, "--memory", "--launcher", "docker"], "--memory: needs --launcher local"),
        ([], "Missing argument 'STACK'"),
    ],
)
def test_wrong_input_ends_with_status_2(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the option or argument; nothing is started."""
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text(OWN)
    ended = called("profile", *words)
    assert ended.returncode == 2
    assert message in " ".join(ended.stderr.split())
    assert not Path("results").exists()


def test_a_missing_profiler_is_said_with_its_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before anything is started, and with what installs it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FieldError, match="extra profile"):
        local_sampler.py_spy()
    ended = called("profile", STACK)
    assert ended.returncode == 2
    assert "pip install 'stackduel[profile]'" in " ".join(ended.stderr.split())
    assert not Path("results").exists()
