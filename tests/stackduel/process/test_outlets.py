"""Standard streams that nobody reads, that are full, closed, or of another encoding."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs the descriptors of POSIX")
STATUS = """
import sys
from stackduel.process.outlets import open_outlets
outlets = open_outlets()
{body}
lost = outlets.lost()
sys.exit(0 if lost is None else lost.errno)
"""


def python(body: str, **how: object) -> subprocess.CompletedProcess[bytes]:
    """Run a body between the opening of the outlets and the question what was lost."""
    command = [sys.executable, "-c", STATUS.format(body=body)]
    done: subprocess.CompletedProcess[bytes] = subprocess.run(command, timeout=60, check=False, **how)  # type: ignore[call-overload]
    return done


@POSIX
def test_a_reader_that_leaves_ends_nothing() -> None:
    """Whatever is printed after the reader left is dropped, the program goes on, and nothing is reported as lost."""
    read, write = os.pipe()
    os.close(read)
    body = "print('x' * 100_000); print('y'); print('went on', file=sys.stderr)"
    done = python(body, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"went on\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_reported_at_the_end() -> None:
    """The program goes on, and learns from the outlets why its output is incomplete."""
    with Path("/dev/full").open("wb") as full:
        done = python("print('x'); print('went on', file=sys.stderr)", stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (28, b"went on\n")


@POSIX
def test_a_stream_that_was_closed_stays_out_of_the_files_opened_later(tmp_path: Path) -> None:
    """A closed standard output does not become the first file that the program opens."""
    path = tmp_path / "file"
    body = f"file = open({str(path)!r}, 'w'); print('not here', flush=True); file.write('content'); file.close()"
    done = python(body, preexec_fn=lambda: os.close(1))
    assert done.returncode == 0
    assert path.read_text() == "content"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", rb">= 2x ... caf\xe9 \udcff"), ("utf-8", "\u2265 2\xd7 \u2026 caf\xe9 ".encode() + rb"\udcff")],
)
def test_what_an_encoding_lacks_is_shown_in_signs_that_it_has(encoding: str, shown: bytes) -> None:
    """Our own signs have plain ones; of others, and of bytes that are no text, the number is shown."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = python(r"print('\u2265 2\xd7 \u2026 caf\xe9 \udcff')", stdout=subprocess.PIPE, env=environment)
    assert (done.returncode, done.stdout.rstrip()) == (0, shown)


@POSIX
def test_a_pipe_that_does_not_wait_gets_everything() -> None:
    """A reader that is slow loses nothing, although its pipe takes only so much at once."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    got: list[bytes] = []

    def take() -> None:
        while content := os.read(read, 4096):
            got.append(content)

    reader = threading.Thread(target=take)
    reader.start()
    done = python("print('x' * 500_000)", stdout=write)
    os.close(write)
    reader.join()
    os.close(read)
    assert done.returncode == 0
    assert len(b"".join(got)) == 500_001
