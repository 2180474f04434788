"""``stackduel verify`` and the servers that never end an answer: it ends, by its timeout or by the first signal."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.stackduel.load.scripted import ScriptedServer, Visit
from tests.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

WITHIN_S = 20.0


async def drip(visit: Visit) -> None:
    """Healthy at once, and otherwise never done."""
    request = await visit.request()
    if request and b"/health" in request:
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        await visit.send(b"x")
        await asyncio.sleep(0.02)


VERIFY, RUN = ("verify", "--launcher", "url"), ("run", "--blocks", "1", "--out", "out")


def verifying(command: Sequence[str], folder: Path, server: ScriptedServer, timeout: str) -> subprocess.Popen[str]:
    """Start a verification of the server, alone or before a run."""
    path = folder / "mine.toml"
    requests = "".join(f'[[requests]]\nname = "r{number}"\npath = "/r{number}"\n' for number in range(3))
    path.write_text(f'[stacks.one]\nurl = "{server.address.url}"\n{requests}')
    return subprocess.Popen(
        [sys.executable, "-m", "stackduel", *command, "--stacks-file", str(path), "--timeout", timeout],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("command", [VERIFY, RUN])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_a_verification(command: Sequence[str], number: signal.Signals, tmp_path: Path) -> None:
    """In the middle of answers that drip, though its timeout is far away."""
    with ScriptedServer(drip) as server:
        process = verifying(command, tmp_path, server, "600s")
        try:
            assert until(lambda: server.requests >= 4), "the requests never came"
            process.send_signal(number)
            process.communicate(timeout=WITHIN_S)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 130


def test_an_endless_answer_ends_with_a_sentence(tmp_path: Path) -> None:
    """After the timeout, not after that of every request."""
    with ScriptedServer(drip) as server:
        process = verifying(VERIFY, tmp_path, server, "1s")
        try:
            told, _ = process.communicate(timeout=WITHIN_S)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 3
    told = " ".join(told.split())
    assert "/r0: timed out: no whole answer in " in told
    assert "bytes of a body came" in told
