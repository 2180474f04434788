"""``stackduel init``: what it writes for a real application, what it refuses, and that its commands take the file."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel.planning.stacks_file import read_own_file
from tests.stackduel.cli.called import called

APP = """
import time
from flask import Flask, redirect
app = Flask(__name__)
@app.get("/")
def home(): return "home"
@app.get("/now")
def now(): return {"at": time.time()}
@app.get("/old")
def old(): return redirect("/")
@app.get("/broken")
def broken(): raise LookupError("the shop is closed")
@app.get("/late")
def late(): time.sleep(1.5); return "late"
@app.route("/users/<int:id>", methods=["GET", "DELETE"])
def user(id): return "user"
def create_app(): return app
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an application, as its owner would stand in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    return tmp_path


def init(*words: str) -> tuple[int, str, str]:
    """The exit status, standard output, and standard error as one line."""
    ended = called("init", "--python", sys.executable, "--timeout", "1s", *words)
    return ended.returncode, ended.stdout, " ".join(ended.stderr.split())


def test_the_routes_that_answer_are_measured_and_its_commands_take_the_file(shop: Path) -> None:
    """Those with errors are comments with the reason; each command that is printed can be typed."""
    git = ("git", "-c", "user.email=a@b.example", "-c", "user.name=a")
    (shop / "Procfile").write_text("web: gunicorn app:app --threads 2\n", encoding="utf-8")
    for made in (("init", "--quiet", "--initial-branch=main"), ("add", "."), ("commit", "--quiet", "--message=first")):
        subprocess.run([*git, *made], check=True)
    status, out, err = init()
    assert status == 0, err
    assert "app:app: Flask" in err
    text = (shop / "stackduel.toml").read_text(encoding="utf-8")
    own = read_own_file(shop / "stackduel.toml")
    assert {name: (each.target, each.status) for name, each in own.requests.items()} == {
        "home": ("/", 200), "now": ("/now", 200), "old": ("/old", 302),
    }  # fmt: skip
    assert "# Answers 500 (LookupError: the shop is closed).\n#[[requests]]" in text
    assert "# No whole answer within 1 s, which --timeout changes.\n#[[requests]]" in text
    assert '# Fill in {id}.\n#[[requests]]\n#name = "users-id"' in text
    assert "gunicorn --bind {host}:{port} app:app --threads 2" in text
    assert "compared by kind alone: $.at" in " ".join(out.split())
    commands = [line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   stackduel ")]
    assert [shlex.split(line)[1] for line in commands] == ["run", "verify", "tune", "pr"]
    for line in commands:
        assert line in " ".join(out.replace("\\\n", "").split())
        words = shlex.split(line)[1:]
        ended = called(*words, *(["--dry-run"] if words[0] != "verify" else []))
        assert ended.returncode == 0, ended.stderr


def test_what_does_not_start_is_written_with_what_is_wrong(shop: Path) -> None:
    """The command is what the user mends, so the file is there; the exit status is that of a stack that fails."""
    (shop / "Procfile").write_text("web: gunicorn app:app --no-such-option\n", encoding="utf-8")
    status, out, err = init("--output", "mine.toml")
    assert (status, out) == (3, "")
    assert "unrecognized arguments: --no-such-option" in err
    assert "stackduel verify --stacks-file mine.toml" in err
    assert "--no-such-option" in (shop / "mine.toml").read_text(encoding="utf-8")


def test_an_application_that_answers_nothing_rightly_has_nothing_to_measure(shop: Path) -> None:
    """The file has the reason, and the exit status is that of a stack that fails."""
    (shop / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n", encoding="utf-8")
    status, out, _ = init()
    assert (status, "No route answers without an error" in out) == (3, True)
    assert "# Answers 404 (Not Found).\n#[[requests]]" in (shop / "stackduel.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param([], "stackduel.toml is there already: --force replaces it, --output names another", id="there"),
        pytest.param(["--output", "none/a.toml"], "--output: must be a file in a folder that is there", id="folder"),
        pytest.param(["--output", "."], "--output: must be a file in a folder", id="no-file"),
        pytest.param(["nosuch:app", "--force"], "ModuleNotFoundError: No module named 'nosuch'", id="no-module"),
        pytest.param(["app:ap", "--force"], "app:ap is not there", id="no-name"),
        pytest.param(["app app", "--force"], "APP: must be module:name", id="no-name-of-an-application"),
        pytest.param(["--most", "0"], "--most", id="most"),
        pytest.param(["--time-budget", "1s"], "--time-budget", id="time"),
    ],
)
def test_wrong_input_ends_with_status_2_and_changes_nothing(shop: Path, words: list[str], message: str) -> None:
    """The sentence names the option or argument."""
    (shop / "stackduel.toml").write_text("mine", encoding="utf-8")
    status, _, err = init(*words)
    assert status == 2
    assert message in err
    assert (shop / "stackduel.toml").read_text(encoding="utf-8") == "mine"


def test_a_folder_without_an_application_is_told_what_was_looked_for(shop: Path) -> None:
    """And what to type; a command that starts no known server is named."""
    (shop / "app.py").unlink()
    (shop / "Procfile").write_text("web: datasette serve shop.db\n", encoding="utf-8")
    status, _, err = init()
    assert status == 2
    for part in ("looked for: Procfile", "datasette serve shop.db starts no server that is known here",
                 "stackduel init module:name"):  # fmt: skip
        assert part in err


def test_an_error_of_a_stated_application_is_told_and_a_guess_is_passed_over(shop: Path) -> None:
    """A module that only looks like an application may fail; the one that the Procfile names may not."""
    (shop / "main.py").write_text((shop / "app.py").read_text(encoding="utf-8"), encoding="utf-8")
    (shop / "app.py").write_text("app = 1 / 0\n", encoding="utf-8")
    (shop / "Procfile").write_text("web: gunicorn app:app\n", encoding="utf-8")
    status, _, err = init()
    assert (status, "ZeroDivisionError: division by zero" in err) == (2, True)
    (shop / "Procfile").unlink()
    status, _, err = init()
    assert status == 0, err
    assert "Importing main:app (main.py)" in err
