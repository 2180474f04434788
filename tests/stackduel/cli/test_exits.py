"""How commands end: whatever happens there is a sentence and a status, and never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from stackduel.cli import exit_status
from tests.stackduel.cli.called import called
from tests.stackduel.cli.test_cli import ROOT, stackduel

# The children run what other tests call in their own process.
pytestmark = pytest.mark.usefixtures("uncovered_children")
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")


def ended(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the status and the standard error of a command that raises."""

    @click.group()
    def program() -> None: ...

    @program.command()
    def fail() -> None:
        raise error

    status = exit_status(["fail"], program)
    return status, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(2, "No such file or directory", "results/x"), "results/x: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (PermissionError(13, "Permission denied", b"\xff"), "b'\\xff': Permission denied"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_error_of_the_system_is_a_sentence_and_status_2(
    error: OSError, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file that it is about, if there is one."""
    assert ended(error, capsys) == (2, f"stackduel: {told}\n")


@pytest.mark.parametrize("error", [RuntimeError("a b\nc"), KeyError("x"), AssertionError(), RecursionError("deep")])
def test_a_bug_of_ours_is_status_70_and_a_file(
    error: Exception, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names the error and the file; the file has the traceback, the versions and the command."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    status, told = ended(error, capsys)
    assert status == 70
    assert told.count("\n") == 1
    assert "Traceback" not in told
    assert type(error).__name__ in told
    (path,) = tmp_path.iterdir()
    assert str(path) in told
    assert "report" in told
    text = path.read_text()
    assert "Command: stackduel fail\n" in text
    assert "raise error" in text
    assert re.search(r"stackduel \d|not installed", text)


def test_a_bug_without_a_place_for_its_file_is_on_standard_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no file can be written, the traceback is not lost."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    status, told = ended(RuntimeError("odd"), capsys)
    assert status == 70
    assert "Traceback (most recent call last)" in told
    assert told.splitlines()[-1].startswith("stackduel: a bug in stackduel")


@needs_full
@pytest.mark.parametrize("command", [["list"], ["--help"], ["schema"], ["run", "--dry-run"]])
def test_an_output_that_is_full_is_told_with_status_2(command: list[str]) -> None:
    """The line says what happened; there is no traceback, and no status of a condition."""
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "stackduel", *command],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "stackduel: standard output: No space left on device: what was printed is incomplete\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of POSIX")
def test_a_reader_that_leaves_is_no_error() -> None:
    """``stackduel list | head -1``."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "stackduel", "list"]
    done = subprocess.run(command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("variables", [{"COLUMNS": "0"}, {"COLUMNS": "1"}, {"HOME": "/nonexistent"}, {"HOME": ""}])
def test_odd_surroundings_change_no_answer(variables: dict[str, str]) -> None:
    """A terminal of no width, or no home: the list is there, and the status is 0."""
    done = subprocess.run(
        [sys.executable, "-m", "stackduel", "list"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **variables},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "fastapi-uvicorn" in done.stdout


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user that the system does not know, without HOME, as a container may be started with."""
    pwd = pytest.importorskip("pwd")

    def nobody_knows(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "STACKDUEL_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody_knows)


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_is_told_what_to_set(tmp_path: Path) -> None:
    """A command that needs no home works; one that does says so with status 2, and is no bug of ours."""
    file = tmp_path / "mine.toml"
    file.write_text(
        '[stacks.mine]\ncommand = "serve {port}"\npython = "~/venv"\n[[requests]]\nname = "x"\npath = "/"\n'
    )
    told = "stackduel: this user has no home folder: set HOME to a folder that it may write to\n"
    for command in (["run", "speech", "--dry-run"], ["run", "--stacks-file", str(file), "--dry-run"]):
        ended = called(*command)
        assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", told)
    assert called("list").returncode == called("run", "--dry-run").returncode == 0


@pytest.mark.parametrize("folder", ["/proc/absent", "a-file/results"])
def test_results_that_cannot_be_written_are_told_before_a_stack_starts(folder: str, tmp_path: Path) -> None:
    """With the path and the system's reason, and status 2."""
    (tmp_path / "a-file").write_text("")
    done = stackduel("run", "--stacks", "flask-waitress", "--out", str(tmp_path / folder), cwd=ROOT)
    assert done.returncode == 2
    assert re.fullmatch(r"stackduel: run .*run\.json: cannot be written: .*\n", done.stderr)
