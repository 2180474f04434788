"""Whole runs on a stack that needs another server: it is started first, not measured, and gone in the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from stackduel.cli import exit_status
from tests.conftest import ANY_HOST
from tests.until import until

SERVER = Path(__file__).with_name("shop_server.py")


def words(*more: object) -> str:
    return json.dumps([sys.executable, str(SERVER), *map(str, more)])


def stacks_file(folder: Path, companion: str = "", load: str = "connections = 2\nrequests = 6") -> Path:
    """A store and a shop; ``companion`` are further keys of the store."""
    (folder / "stores").mkdir()
    shop = words("shop", "{port}", "{store.port}")
    store = words("store", "{port}", folder / "stores")
    path = folder / "mine.toml"
    path.write_text(
        f"[companions.store]\ncommand = {store}\n{companion}\n[stacks.shop]\ncommand = {shop}\n"
        f'[[requests]]\nname = "front"\npath = "/"\n[load]\n{load}\n',
        encoding="utf-8",
    )
    return path


def stores(folder: Path) -> list[int]:
    """The process ids of all stores that were started."""
    return [int(each.name) for each in (folder / "stores").iterdir()]


def arguments(folder: Path, path: Path) -> list[str]:
    options = ["--stacks-file", str(path), "--blocks", "1", "--out", str(folder / "results"), "--quiet"]
    return ["run", *options, *ANY_HOST]


READY = json.dumps([sys.executable, "-c", "import socket,sys;socket.create_connection(('127.0.0.1',int(sys.argv[1])))"])


@pytest.mark.parametrize(
    "companion",
    ["", 'health = "/"', f'ready = {READY[:-1]}, "{{port}}"]'],
    ids=["connections", "health", "command"],
)
def test_a_companion_is_ready_before_its_stack_and_gone_after_it(tmp_path: Path, companion: str) -> None:
    """A new one at each start; the stack's processes are measured without it, and a note says so."""
    assert exit_status(arguments(tmp_path, stacks_file(tmp_path, companion))) == 0
    (folder,) = (path for path in (tmp_path / "results").iterdir() if path.is_dir())
    run = json.loads((folder / "run.json").read_text())
    (trial,) = run["trials"]
    assert (trial["succeeded"], trial["failed"]) == (6, 0)
    # The check before the run, and its only block.
    assert len(stores(tmp_path)) == 2
    assert not any(map(psutil.pid_exists, stores(tmp_path)))
    assert any("no part of their CPU and memory: store." in note for note in run["environment"]["notes"])
    # It has its part of the downstream's.
    assert trial["downstream_cpu_s"] is not None


@pytest.mark.parametrize(
    ("companion", "told"),
    [
        ('ready = ["false"]\nstart_s = 1', "companion store: not ready within 1 s"),
        (
            'env = { PYTHONHOME = "/nowhere" }',
            "companion store: the server ended with exit status 1 before it",
        ),
    ],
    ids=["never ready", "ended"],
)
def test_a_companion_that_does_not_get_ready_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], companion: str, told: str
) -> None:
    """Its stack is not started, and nothing is measured."""
    assert exit_status(arguments(tmp_path, stacks_file(tmp_path, companion))) == 3
    assert told in capsys.readouterr().err
    assert not any(map(psutil.pid_exists, stores(tmp_path)))


def test_ctrl_c_leaves_no_companion(tmp_path: Path) -> None:
    """In the middle of a load."""
    path = stacks_file(tmp_path, load="connections = 1\nduration_s = 60.0")
    run = subprocess.Popen(
        [sys.executable, "-m", "stackduel", *arguments(tmp_path, path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with run:
        assert until(lambda: len(stores(tmp_path)) == 2, 60)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
    assert run.returncode == 130
    assert until(lambda: not any(map(psutil.pid_exists, stores(tmp_path))))
