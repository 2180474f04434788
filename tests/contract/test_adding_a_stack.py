"""The page about adding a framework, followed to the letter in a folder outside the repository."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-stack.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"# (\w+\.(?:py|toml))\n")
WITHIN_S = 240.0

BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
FILES = {found[1]: text for _, text in BLOCKS if (found := FILE.match(text))}
COMMANDS = [text.strip() for kind, text in BLOCKS if kind == "sh"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not exist on Windows")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with the page's files."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def typed(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command of the page, in the folder, in the environment that these tests run in."""
    program, *words = shlex.split(command)
    assert program == "stackduel"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run(
        [sys.executable, "-m", "stackduel", *words],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def test_the_page_has_two_files_and_two_commands() -> None:
    """The service and the stacks file; verify and a run."""
    assert [name.rpartition(".")[2] for name in FILES] == ["py", "toml"]
    assert [shlex.split(command)[1] for command in COMMANDS] == ["verify", "run"]


def test_the_stack_of_the_page_keeps_the_contract_and_is_measured(folder: Path) -> None:
    """verify finds every answer right, and the run has the stack beside the baseline, with a speedup."""
    verified = typed(COMMANDS[0], folder)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    found = re.search(r"^werkzeug-gunicorn: (\d+) answers right$", verified.stdout, re.MULTILINE)
    assert found, verified.stdout
    assert int(found[1]) > 100
    ran = typed(COMMANDS[1], folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^werkzeug-gunicorn +framework .*\dx", ran.stdout, re.MULTILINE), ran.stdout
    (stored,) = (folder / "results").glob("*/run.json")
    assert '"werkzeug-gunicorn"' in stored.read_text(encoding="utf-8")


def test_a_service_that_breaks_the_contract_is_told_what_it_broke(folder: Path) -> None:
    """With its framework's freedom in slashes verify prints what the page shows, and exits with 3."""
    (name,) = (name for name in FILES if name.endswith(".py"))
    service = FILES[name]
    assert "    merge_slashes=False,\n" in service
    (folder / name).write_text(service.replace("    merge_slashes=False,\n", ""), encoding="utf-8")
    verified = typed(COMMANDS[0], folder)
    assert verified.returncode == 3, verified.stdout + verified.stderr
    (shown,) = (text for kind, text in BLOCKS if kind == "text" and "WRONG" in text)
    assert " ".join(shown.split()) in " ".join(verified.stdout.split())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'contract = "sandbox"',
            'contract = "sandbx"',
            "werkzeug.toml: stacks.werkzeug-gunicorn: contract: must be one of sandbox, music",
        ),
        (
            'contract = "sandbox"',
            'contract = "sandbox"\nprotocol = "kserve"',
            "werkzeug.toml: stacks.werkzeug-gunicorn: contract: only where protocol is stackduel",
        ),
        ('contract = "sandbox"', "", "werkzeug.toml: requests: is missing"),
        ("{port}", "8000", "werkzeug.toml: stacks.werkzeug-gunicorn: command: each start has another port"),
        ("[stacks.", "[stacks", "werkzeug.toml"),
    ],
    ids=["unknown contract", "another protocol", "nothing to verify", "a fixed port", "no TOML"],
)
def test_a_mistake_in_the_file_is_named(old: str, new: str, message: str, folder: Path) -> None:
    """A fault is told on stderr with its field, and the exit status is 2."""
    path = folder / "werkzeug.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    verified = typed(COMMANDS[0], folder)
    assert verified.returncode == 2
    assert message in " ".join(verified.stderr.split()), verified.stderr
