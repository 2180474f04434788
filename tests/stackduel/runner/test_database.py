"""Whole runs with a database beside the stacks: each stack finds it, it is observed, and nothing of it is left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from stackduel.cli import exit_status
from stackduel.model.target import Address
from stackduel.verify.connecting import connected
from tests.conftest import ANY_HOST
from tests.postgres import installed
from tests.until import until

SERVER = Path(__file__).with_name("database_server.py")


def stacks_file(folder: Path, load: str) -> Path:
    """An application that needs a database."""
    command = json.dumps([sys.executable, str(SERVER), "{port}", str(folder / "url")])
    path = folder / "mine.toml"
    path.write_text(
        f'database = "postgresql"\n[stacks.mine]\ncommand = {command}\n'
        f'[[requests]]\nname = "front"\npath = "/"\n[load]\n{load}\n',
        encoding="utf-8",
    )
    return path


def arguments(folder: Path, load: str) -> list[str]:
    options = ["--stacks-file", str(stacks_file(folder, load)), "--blocks", "1", "--out", str(folder / "results")]
    return ["run", *options, "--quiet", *ANY_HOST]


def server_of(folder: Path) -> Address:
    """Where the database of a run is, or was."""
    url = urlsplit((folder / "url").read_text())
    assert url.hostname is not None
    assert url.port is not None
    return Address(url.hostname, url.port)


def takes_connections(address: Address) -> bool:
    try:
        with connected(address, 5.0):
            return True
    except OSError:
        return False


def test_a_stack_is_given_its_database(tmp_path: Path) -> None:
    """It speaks PostgreSQL; its version and its cores are told, its CPU is the downstream's, its password nobody's."""
    installed()
    assert exit_status(arguments(tmp_path, "connections = 2\nrequests = 6")) == 0
    (folder,) = (path for path in (tmp_path / "results").iterdir() if path.is_dir())
    run = json.loads((folder / "run.json").read_text())
    (trial,) = run["trials"]
    assert (trial["succeeded"], trial["failed"]) == (6, 0)
    assert trial["downstream_cpu_s"] is not None
    assert any("PostgreSQL runs beside the stacks" in note for note in run["environment"]["notes"])
    assert any(note.startswith("The database is PostgreSQL 1") for note in run["environment"]["notes"])
    password = urlsplit((tmp_path / "url").read_text()).password
    assert password
    written = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    assert any("asked postgresql://" in text for text in written)
    assert not any(password in text for text in written)
    assert not takes_connections(server_of(tmp_path))


def test_ctrl_c_leaves_no_database(tmp_path: Path) -> None:
    """In the middle of a load: no process, no folder."""
    installed()
    command = [sys.executable, "-m", "stackduel", *arguments(tmp_path, "connections = 1\nduration_s = 60.0")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as run:
        assert until(lambda: (tmp_path / "url").exists() and (tmp_path / "url").read_text(), 60)
        children = psutil.Process(run.pid).children(recursive=True)
        # A child that PostgreSQL has just forked bears its command line, too, until it gives itself a title.
        servers = [each for each in children if each.name() == "postgres" and "-D" in each.cmdline()]
        (server,) = (each for each in servers if each.ppid() not in {other.pid for other in servers})
        folder = Path(server.cmdline()[server.cmdline().index("-D") + 1]).parent
        assert folder.exists()
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
    assert run.returncode == 130
    assert until(lambda: not server.is_running())
    assert until(lambda: not folder.exists())
