"""The logs of local servers: without secrets, and never longer than a container's."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackduel.launch.local import kept_log
from stackduel.launch.local.kept_log import MOST_BYTES, KeptLog
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.model.budget import divide
from stackduel.model.stack import Command, Stack
from stackduel.process.cores import usable_cores
from stackduel.storage.learned_secrets import learn
from stackduel.storage.redaction import NO_SECRETS, Redaction
from tests.until import until

SECRET = "s3cret-token-value"
SMALL = 300_000
FLOOD = """
import http.server, sys, threading
sys.stdout.write("the first line\\n" + "x" * 99 + "\\n")
for _ in range(600):
    sys.stdout.write(("y" * 99 + "\\n") * 1000)
sys.stdout.write("the last line\\n")
sys.stdout.flush()
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def kept(path: Path, chunks: list[bytes], redaction: Redaction = NO_SECRETS, most: int = SMALL) -> KeptLog:
    log = KeptLog(path, redaction, most)
    for chunk in chunks:
        log.add(chunk)
    return log


def test_a_short_log_is_kept_as_it_is(tmp_path: Path) -> None:
    """Every byte of a log below the limit is in the file, also what is no text."""
    path = tmp_path / "a.log"
    log = kept(path, [b"one\ntw", b"o\n\xff\xfe", b" end"])
    assert log.tail(2).startswith("two\n")
    assert log.tail().endswith(" end")
    log.close()
    assert path.read_bytes() == b"one\ntwo\n\xff\xfe end"
    assert log.left_out == 0


@pytest.mark.parametrize("line", [b"a line of many\n", b"no line at all "])
@pytest.mark.parametrize("size", [7, 4096, 1_000_000])
def test_of_a_flood_the_beginning_and_the_end_are_kept(tmp_path: Path, line: bytes, size: int) -> None:
    """The file never passes its limit, begins and ends as the log did, and says how much is missing."""
    path = tmp_path / "a.log"
    text = b"BEGIN " + line * (1_000_000 // len(line)) + b"END"
    log = KeptLog(path, NO_SECRETS, SMALL)
    for at in range(0, len(text), size):
        log.add(text[at : at + size])
        assert path.stat().st_size <= SMALL
    assert log.tail(1).endswith("END")
    log.close()
    written = path.read_bytes()
    assert len(written) <= SMALL
    assert written.startswith(b"BEGIN ")
    assert written.endswith(b"END")
    assert f"{log.left_out} bytes of the log are left out here".encode() in written
    assert log.written == len(text)
    assert len(written) + log.left_out == pytest.approx(len(text), abs=100)


@pytest.fixture
def flooded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[KeptLog, int]]:
    """A log that follows a pipe, which stays open, and its writing end; its latest part is saved often."""
    monkeypatch.setattr(kept_log, "SAVE_EVERY_S", 0.05)
    read, write = os.pipe()
    log = KeptLog(tmp_path / "a.log", Redaction.of([SECRET]), SMALL)
    log.follow(os.fdopen(read, "rb"))
    with os.fdopen(write, "wb", buffering=0):
        yield log, write
    log.finish(10)
    log.close()


def test_both_ends_of_a_flood_are_on_disk_while_the_server_runs(flooded: tuple[KeptLog, int]) -> None:
    """A runner that is killed writes nothing more: the beginning and the latest lines stand there."""
    log, pipe = flooded
    lines = b"BEGIN\n" + b"a line of many\n" * 40_000
    _write_all(pipe, lines + b"one\nhalf a s3cret-tok")
    assert until(lambda: log.path.read_bytes().endswith(b"\none\n"))
    seen = log.path.read_bytes()
    assert seen.startswith(b"BEGIN\n")
    assert len(seen) <= SMALL
    (told,) = re.findall(rb"\[stackduel: (\d+) bytes of the log are left out here\]\n", seen)
    assert int(told) + len(seen) == pytest.approx(len(lines), abs=200)
    _write_all(pipe, b"en-value\n" + b"later lines\n" * 5_000 + b"two\n")
    assert until(lambda: log.path.read_bytes().endswith(b"\ntwo\n"))
    assert log.tail(1) == "two"
    assert log.path.read_bytes().count(b"left out here") == 1
    assert len(log.path.read_bytes()) <= SMALL
    log.close()
    written = log.path.read_bytes()
    assert written.startswith(b"BEGIN\n")
    assert written.endswith(b"\ntwo\n")
    assert written.count(b"left out here") == 1
    assert b"s3cret" not in seen + written
    assert b"[redacted]\n" in written


def test_a_flood_without_line_ends_is_on_disk_too(flooded: tuple[KeptLog, int]) -> None:
    """All but what may be half a secret."""
    log, pipe = flooded
    _write_all(pipe, b"BEGIN " + b"." * 600_000 + b"s3cret-tok")
    assert until(lambda: log.path.stat().st_size > SMALL // 2)
    assert b"s3cret" not in log.path.read_bytes()


def _write_all(pipe: int, text: bytes) -> None:
    while text:
        text = text[os.write(pipe, text) :]


@pytest.mark.parametrize("gap", [b"\n", b" "])
def test_no_cut_of_a_log_shows_a_part_of_a_secret(tmp_path: Path, gap: bytes) -> None:
    """Wherever the log is divided, into chunks, into pieces and at its limit, every secret is whole and hidden."""
    redaction = Redaction.of([SECRET])
    for shift in range(0, 40, 13):
        path = tmp_path / f"{shift}.log"
        text = b"." * shift + (SECRET.encode() + gap) * 40_000
        log = KeptLog(path, redaction, SMALL)
        for at in range(0, len(text), 10_007):
            log.add(text[at : at + 10_007])
        shown = log.tail(1)
        assert "[redacted]" in shown
        assert "s3cret" not in shown[: -len(SECRET)]
        log.close()
        written = path.read_bytes()
        assert log.left_out
        for part in (b"s3cret", b"token", b"value"):
            assert part not in written, shift


def test_a_flooding_server_is_capped_and_told(tmp_path: Path) -> None:
    """A server that writes 60 MB starts and answers; its log is small, whole at both ends, and in the run's notes."""
    (tmp_path / "serve.py").write_text(FLOOD)
    stack = Stack("flood", "rewrite", "", Command((sys.executable, "serve.py", "{port}"), {}, tmp_path), health="/")
    lines: list[str] = []
    with LocalLauncher(divide(usable_cores()), tmp_path / "logs", say=lines.append) as launcher:
        with launcher.start(stack) as started:
            assert until(lambda: started.log_tail(1) == "the last line")
        assert [line for line in lines if "flood wrote 60 MB of log" in line]
        assert launcher.facts()["warnings"] == tuple(lines)
    (path,) = tmp_path.glob("logs/*-flood.log")
    assert path.stat().st_size <= MOST_BYTES
    written = path.read_text()
    assert written.startswith("the first line\n")
    assert written.endswith("the last line\n")


def test_a_pipe_that_stays_open_does_not_hold_the_log(tmp_path: Path) -> None:
    """A log can be closed while somebody still holds the other end of the pipe."""
    read, write = os.pipe()
    log = KeptLog(tmp_path / "a.log", NO_SECRETS)
    log.follow(os.fdopen(read, "rb"))
    os.write(write, b"one line\n")
    assert until(lambda: log.tail() == "one line")
    log.finish(0.05)
    log.close()
    os.write(write, b"too late\n")
    os.close(write)
    log.finish(5)
    assert (tmp_path / "a.log").read_bytes() == b"one line\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_does_not_hold_the_server(tmp_path: Path) -> None:
    """A server whose log cannot be written writes on, and is not ended by it; nor is a runner that learned a secret."""
    learn(["lamp-4711-learned"])
    (tmp_path / "full.log").symlink_to("/dev/full")
    read, write = os.pipe()
    log = KeptLog(tmp_path / "full.log", NO_SECRETS)
    log.follow(os.fdopen(read, "rb"))
    for _ in range(100):
        os.write(write, b"x" * 50_000 + b"\n")
    os.close(write)
    log.finish(30)
    log.close()
    assert log.written == 100 * 50_001


def test_what_was_learned_later_is_hidden_in_the_end(tmp_path: Path) -> None:
    """A server prints its new token before anybody else knows it."""
    log = KeptLog(tmp_path / "it.log", NO_SECRETS)
    log.add(b"made lamp-4712-learned\n")
    assert "lamp-4712-learned" in (tmp_path / "it.log").read_text()
    learn(["lamp-4712-learned"])
    log.close()
    assert (tmp_path / "it.log").read_text() == "made [redacted]\n"
