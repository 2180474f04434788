"""Whole runs over TLS with an authority of one's own or none, and over unix sockets."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stackduel.cli import exit_status
from tests.conftest import ANY_HOST
from tests.until import until

SERVER = Path(__file__).with_name("transport_server.py")
REQUEST = '[[requests]]\nname = "front"\npath = "/"\n'
CLOSED = "[load]\nconnections = 2\nrequests = 8\n"
OPEN = "[load]\nrate = 50\nduration_s = 0.2\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no unix sockets")
with_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")


def command(*words: object) -> str:
    return json.dumps([sys.executable, str(SERVER), *map(str, words)])


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of localhost that nobody has signed but itself, and its key."""
    certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def measured(folder: Path, stacks: str, load: str, *options: str) -> tuple[int, Path]:
    """The exit status of a run of one block, and its folder."""
    path = folder / "mine.toml"
    path.write_text(stacks + REQUEST + load, encoding="utf-8")
    arguments = ["run", "--stacks-file", str(path), "--blocks", "1", "--out", str(folder / "results"), "--quiet"]
    status = exit_status([*arguments, *ANY_HOST, *options])
    (found,) = (each for each in (folder / "results").iterdir() if each.is_dir())
    return status, found


def trials_of(folder: Path) -> dict[str, Any]:
    """The trial of each stack."""
    return {each["stack"]: each for each in json.loads((folder / "run.json").read_text())["trials"]}


@with_openssl
def test_https_with_an_authority_of_ones_own_or_none(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    """Started, verified and loaded over TLS; the report says whose certificate nobody checked."""
    serve = f"command = {command('{port}', *pair)}\ntls = true\n"
    stacks = f'[stacks.checked]\n{serve}ca_file = "own.pem"\n[stacks.open]\n{serve}tls_verify = false\n'
    status, folder = measured(tmp_path, stacks, CLOSED)
    assert status == 0
    trials = trials_of(folder)
    assert {name: (each["succeeded"], each["failed"]) for name, each in trials.items()} == {
        "checked": (8, 0),
        "open": (8, 0),
    }
    assert trials["checked"]["generator"]["driver"] == "aiohttp"
    assert "open: certificates are not checked (tls_verify = false)." in (folder / "report.md").read_text()


@with_openssl
def test_a_certificate_of_an_unknown_authority_ends_the_wait(
    tmp_path: Path, pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the key that mends it."""
    stacks = f"[stacks.unknown]\ncommand = {command('{port}', *pair)}\ntls = true\n"
    status, _ = measured(tmp_path, stacks, CLOSED)
    assert status == 3
    told = capsys.readouterr().err
    assert "certificate is not trusted" in told
    assert "ca_file" in told


@pytest.mark.parametrize("driver", ["raw", "aiohttp"])
@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
def test_a_command_may_listen_on_a_unix_socket(tmp_path: Path, driver: str, load: str) -> None:
    """Its path is filled in for {socket}, and nothing of it is left."""
    before = set(Path(tempfile.gettempdir()).glob("stackduel-*/server.sock"))
    status, folder = measured(
        tmp_path,
        f"[stacks.it]\ncommand = {command('{socket}')}\n",
        load,
        "--driver",
        driver,
        "--gate",
        "lateness_ms=500",
    )
    assert status == 0
    (trial,) = trials_of(folder).values()
    assert trial["failed"] == 0
    assert trial["succeeded"] == (8 if load == CLOSED else 10)
    assert trial["generator"]["driver"] == driver
    assert set(Path(tempfile.gettempdir()).glob("stackduel-*/server.sock")) <= before


@contextmanager
def listening() -> Iterator[Path]:
    """A server of the user's on a unix socket, in a folder with a short name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.sock"
        server = subprocess.Popen([sys.executable, str(SERVER), str(path)])
        try:
            assert until(path.exists)
            yield path
        finally:
            server.kill()
            server.wait()


def test_a_server_at_a_unix_socket_is_measured_by_its_url(tmp_path: Path) -> None:
    """Of the file, or of --url."""
    with listening() as path:
        status, folder = measured(tmp_path, f'[stacks.it]\nurl = "unix:{path}"\n', CLOSED)
        assert status == 0
        assert trials_of(folder)["it"]["succeeded"] == 8
        assert json.loads((folder / "run.json").read_text())["stacks"]["it"]["url"] == f"unix:{path}"
