"""Whole runs that log in first: once at each start, with values and cookies in each request, and no secret anywhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from stackduel.cli import exit_status
from tests.conftest import ANY_HOST

SERVER = Path(__file__).with_name("login_server.py")
FILE = """
[stacks.it]
command = {command}
[[setup]]
path = "/login"
form = {{ user = "ada", password = "${{PASSWORD}}" }}
json = {{ token = "/session/token", user = "/session/user" }}
header = {{ csrf = "X-CSRF" }}
[[requests]]
name = "me"
path = "/users/{{user}}"
headers = {{ Authorization = "Bearer {{token}}", X-CSRF = "{{csrf}}" }}
[load]
connections = 2
requests = 10
"""


def written(folder: Path) -> str:
    return FILE.format(command=json.dumps([sys.executable, str(SERVER), "{port}", str(folder / "tokens")]))


def called(folder: Path, *command: str) -> int:
    return exit_status([*command, "--stacks-file", str(folder / "mine.toml")])


def test_every_start_logs_in_and_no_secret_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check before the run and each of two blocks have a token of their own; no file and no line has any."""
    monkeypatch.setenv("PASSWORD", "correct horse")
    (tmp_path / "mine.toml").write_text(written(tmp_path), encoding="utf-8")
    assert called(tmp_path, "run", "--blocks", "2", "--out", str(tmp_path / "results"), *ANY_HOST) == 0
    secrets = (tmp_path / "tokens").read_text().split()
    assert len(set(secrets)) == 9
    (folder,) = (path for path in (tmp_path / "results").iterdir() if path.is_dir())
    trials = json.loads((folder / "run.json").read_text())["trials"]
    assert [(each["succeeded"], each["failed"]) for each in trials] == [(10, 0), (10, 0)]
    texts = {path: path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()}
    printed = capsys.readouterr()
    for secret in (*secrets, "correct horse", "correct+horse"):
        assert not [path for path, text in texts.items() if secret in text]
        assert secret not in printed.out + printed.err
    assert any("[redacted] was made" in text for text in texts.values())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("/session/token", "/session/absent", "its answer has nothing at /session/absent, which is to be token"),
        ("/session/token", "/session", "/session, which is to be token, is no text and no number"),
        ('csrf = "X-CSRF"', 'csrf = "X-None"', "its answer has no header X-None, which is to be csrf"),
        ("header = { csrf", "cookie = { csrf", "no answer has set the cookie X-CSRF, which is to be csrf"),
        ("ada", "eve", "setup: POST /login answered 403 instead of 200"),
    ],
    ids=["no such place", "no text", "no header", "no cookie", "another status"],
)
def test_a_setup_that_fails_is_told_without_its_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    """Nothing is measured; what the answer holds besides is not shown."""
    monkeypatch.setenv("PASSWORD", "correct horse")
    assert old in written(tmp_path)
    (tmp_path / "mine.toml").write_text(written(tmp_path).replace(old, new, 1), encoding="utf-8")
    assert called(tmp_path, "verify") == 3
    printed = capsys.readouterr()
    assert told in printed.out
    tokens = tmp_path / "tokens"
    assert not [secret for secret in (tokens.read_text().split() if tokens.exists() else []) if secret in printed.out]
