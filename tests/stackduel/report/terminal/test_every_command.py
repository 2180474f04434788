"""Every command as a user sees it: within the width of the terminal, and plain where that is wanted."""

from __future__ import annotations

import functools
import gzip
import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from stackduel.cli.groups import GROUPS
from stackduel.storage import run_file
from tests.stackduel.analysis.history.made import NEW, OLD, simulated
from tests.stackduel.makers import run
from tests.stackduel.report.html.runs import SEARCHES, compared
from tests.stackduel.report.modelled import modelled

fcntl = pytest.importorskip("fcntl", reason="needs a pseudo-terminal")
import pty  # noqa: E402
import termios  # noqa: E402

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "docs" / "examples" / "quick.run.json.gz"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
RUNS = {
    "compared": compared(),
    "modelled": modelled(),
    "nothing": run([]),
    OLD: simulated(1, run_id=OLD),
    NEW: simulated(2, run_id=NEW, fast=3.0, python="CPython 3.12.1"),
    **{f"search-{mode}": made for mode, made in SEARCHES.items()},
}
# Coverage sees all commands once, not once for each terminal.
COVERED = {name: value for name, value in os.environ.items() if name == "COVERAGE_PROCESS_CONFIG"}
STACKS = "flask-gunicorn,fastapi-uvicorn"
# Each of them prints, and starts no server. The schema is for machines.
COMMANDS: tuple[str, ...] = (
    "--help",
    *(f"{name} --help" for group in GROUPS.values() for name in group),
    "models bench --help",
    "models build --help",
    "list",
    "models",
    "runs --out .",
    "trend --out .",
    "trend --out . --stacks fast",
    f"compare {OLD} {NEW}",
    *(f"report {name}" for name in (*RUNS, "example")),
    *(f"run {suite} --dry-run --stacks {STACKS}" for suite in ("classic", "waiting", "sustained", "soak")),
    "run speech --dry-run",
    "run quick --dry-run --blocks 100 --seed 1",
    f"capacity --dry-run --stacks {STACKS}",
    # Mistakes of all kinds.
    "fly",
    "run fast",
    "run --device tpu",
    "run --gate speed=1",
    "run --dry-run --fail-on 'p99(absent) > 1s'",
    "run --baseline absent --dry-run",
    "report absent",
    "compare search-soak compared",
    "trend --suite absent --out .",
    "models bench absent",
)
ALL = """
import shlex, sys
from stackduel.cli import exit_status
for number, text in enumerate(sys.stdin.read().splitlines()):
    print(f"\\x1e{number}", flush=True)
    exit_status(shlex.split(text))
    sys.stdout.flush()
    sys.stderr.flush()
"""
SETTINGS: dict[str, tuple[int, dict[str, str]]] = {
    "80": (80, {}),
    "60": (60, {}),
    "120": (120, {}),
    "NO_COLOR": (80, {"NO_COLOR": "1"}),
    "dumb": (80, {"TERM": "dumb"}),
}


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stored runs of all kinds in one folder, where all commands are started."""
    folder = tmp_path_factory.mktemp("runs")
    for name, made in RUNS.items():
        run_file.save(made, folder / name)
    (folder / "example").mkdir()
    (folder / "example" / run_file.RUN_FILE).write_bytes(gzip.decompress(EXAMPLE.read_bytes()))
    return folder


def split(text: str) -> Mapping[str, str]:
    """Return what each command printed."""
    parts = text.replace("\r\n", "\n").split("\x1e")[1:]
    return {COMMANDS[int(number)]: rest for part in parts for number, _, rest in [part.partition("\n")]}


def environment(**added: str) -> dict[str, str]:
    dropped = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "COLORTERM", *COVERED}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **added}


@functools.cache
def on_terminal(setting: str, folder: Path) -> Mapping[str, str]:
    """All commands on a terminal of some width."""
    width, added = SETTINGS[setting]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", ALL],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
        env=environment(**added),
    )
    os.close(theirs)
    assert process.stdin
    process.stdin.write("\n".join(COMMANDS).encode())
    process.stdin.close()
    text = b"".join(_received(ours)).decode()
    assert process.wait() == 0, text
    os.close(ours)
    return split(text)


def _received(ours: int) -> Iterator[bytes]:
    while True:
        try:
            found = os.read(ours, 65536)
        except OSError:  # Linux's way of saying that the other end is closed
            return
        if not found:
            return
        yield found


@functools.cache
def on_pipe(folder: Path) -> tuple[Mapping[str, str], str]:
    """All commands with their output in files: what is printed, and what is said on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", ALL],
        cwd=folder,
        input="\n".join(COMMANDS),
        capture_output=True,
        text=True,
        env=environment(**COVERED),
        check=True,
    )
    return split(done.stdout), done.stderr


def too_wide(text: str, width: int) -> list[str]:
    """The lines beyond the width, save those of which a single word is (a path, a name)."""
    lines = [ESCAPES.sub("", line) for line in text.splitlines()]
    return [line for line in lines if len(line) > width and max(map(len, line.split())) < width - 4]


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_wider_than_the_terminal(command: str, setting: str, runs: Path) -> None:
    """On a usual terminal, a narrow and a wide one; and no line ends in spaces."""
    text = on_terminal(setting, runs)[command]
    assert text.strip()
    assert "Traceback" not in text
    assert too_wide(text, SETTINGS[setting][0]) == []
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_printed_into_a_file_fits_80_columns(command: str, runs: Path) -> None:
    """Standard output is for readers there, too, and holds no escape sequence."""
    printed, _ = on_pipe(runs)
    assert too_wide(printed[command], 80) == []
    assert "\x1b" not in printed[command]


def test_errors_in_a_file_are_one_line_each(runs: Path) -> None:
    """A reader who searches a log for one finds it whole."""
    _, said = on_pipe(runs)
    assert "\nstackduel: --fail-on: column 5: this run has no stack or scenario 'absent': choose from " in said
    assert "\x1b" not in said


@pytest.mark.parametrize("setting", ["NO_COLOR", "dumb"])
def test_no_escape_sequence_where_nobody_wants_one(setting: str, runs: Path) -> None:
    """Neither colour nor bold nor anything that moves the cursor."""
    assert [command for command, text in on_terminal(setting, runs).items() if "\x1b" in text] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_colours_say_nothing_that_words_do_not(command: str, runs: Path) -> None:
    """Without its escape sequences, a coloured output is the plain one, word by word."""
    coloured = ESCAPES.sub("", on_terminal("80", runs)[command])
    plain = on_terminal("NO_COLOR", runs)[command]
    assert coloured == plain


def test_a_coloured_terminal_has_colours(runs: Path) -> None:
    """As otherwise the tests above would prove nothing."""
    assert "\x1b[" in on_terminal("80", runs)["report compared"]


def test_json_is_complete_on_any_terminal(runs: Path) -> None:
    """Output for machines is not broken into lines."""
    done = subprocess.run(
        [sys.executable, "-m", "stackduel", "runs", "--out", ".", "--json"],
        cwd=runs,
        capture_output=True,
        env=environment(COLUMNS="20"),
        check=True,
    )
    assert len(json.loads(done.stdout)["runs"]) == len(RUNS) + 1
