"""The log of a local server: all that it writes, without secrets, and of a flood only its beginning and its end."""

from __future__ import annotations

import contextlib
import os
import selectors
import sys
import threading
import time
from pathlib import Path
from typing import IO, Self

from stackduel.storage.learned_secrets import learned
from stackduel.storage.redaction import Redaction

# As much as a container's log holds; half of it for the beginning, half for the end.
MOST_BYTES = 10_000_000
TAIL_BYTES = 16_384
# Of many lines so much is read for each.
LINE_BYTES = 128
# A longer line, or chunk, is taken in pieces; the beginning may grow by a few of them beyond its half.
PIECE_BYTES = 16_384
_RESERVE_BYTES = 65_536
PIPE_BYTES = 1_048_576
# Of a flood, the latest megabyte is on disk at least so often: a runner that is killed writes nothing more.
SAVE_EVERY_S = 2.0
SAVED_BYTES = 1_000_000
# Between two readings: a busy server's lines are read together, and a flood is slowed down.
READ_EVERY_S = 0.01
_MARK = "\n[stackduel: {left_out} bytes of the log are left out here]\n"


class KeptLog:
    """Follows a pipe into a file of at most ``most_bytes``; whatever reaches the file is redacted.

    The end of a flood is held in memory until the log is closed; its latest part stands in the file meanwhile, and is
    replaced now and then.
    """

    def __init__(self, path: Path, redaction: Redaction, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self.written = 0
        self._redaction = redaction
        self._half = (most_bytes - 2 * _RESERVE_BYTES) // 2
        # No secret is longer, and neither is what gives one away.
        self._overlap = max(4096, 2 * redaction.longest)
        self._file = path.open("wb", buffering=0)
        self._stored = 0
        self._saved = self._unsaved = False
        self._save_at_s = 0.0
        self._head = 0
        self._pending = b""
        self._end = bytearray()
        self._dropped = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def left_out(self) -> int:
        """How many bytes of the log are not kept."""
        return self._dropped + max(0, len(self._end) - self._half)

    def follow(self, pipe: IO[bytes]) -> None:
        """Read the pipe to its end on a thread of its own."""
        if sys.platform == "linux":
            import fcntl  # noqa: PLC0415 - not on every system

            with contextlib.suppress(OSError):
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._thread = threading.Thread(target=self._read, args=(pipe,), name=f"log {self.path.name}", daemon=True)
        self._thread.start()

    def add(self, chunk: bytes) -> None:
        """Take what the server wrote next; nothing once the log is closed."""
        with self._lock:
            if self._file.closed:
                return
            self.written += len(chunk)
            for at in range(0, len(chunk), PIECE_BYTES):
                self._add(chunk[at : at + PIECE_BYTES])

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of the log."""
        with self._lock:
            most_bytes = max(TAIL_BYTES, lines * LINE_BYTES)
            shown = self._shown_end(most_bytes)
        return "\n".join(shown[-most_bytes:].splitlines()[-lines:])

    def finish(self, within_s: float) -> None:
        """Wait until all is read that a server which has ended wrote."""
        if self._thread is not None:
            self._thread.join(within_s)

    def close(self) -> None:
        """Write what is still held, and close the file."""
        with self._lock:
            if self._file.closed:
                return
            self._write(self._pending)
            self._pending = b""
            if left_out := self.left_out:
                self._store(_MARK.format(left_out=left_out).encode())
            self._store(self._redacted_from(bytes(self._end), len(self._end) - self._half)[-self._half :])
            self._file.close()
            self._hide_learned()

    def _hide_learned(self) -> None:
        """Hide what was no known secret yet when the server wrote it, such as a token that it had just made."""
        # A device would be read without end.
        if not learned() or not self.path.is_file():
            return
        with contextlib.suppress(OSError):
            written = self.path.read_bytes()
            shown = _encoded(self._redaction.text(_decoded(written)))
            if shown != written:
                self.path.write_bytes(shown)

    def save(self) -> None:
        """Put the latest part of a flood behind the beginning, in the place of an earlier one."""
        with self._lock:
            self._save_at_s = time.monotonic() + SAVE_EVERY_S
            if self._file.closed or not self._unsaved:
                return
            self._unsaved = False
            # A line without an end may hold half a secret.
            whole = self._end.rfind(b"\n") + 1 or max(0, len(self._end) - self._overlap)
            kept = min(SAVED_BYTES, self._half, whole)
            mark = _MARK.format(left_out=self._dropped + whole - kept).encode()
            end = self._redacted_from(bytes(self._end[:whole]), whole - kept)[-kept:] if kept else b""
            with contextlib.suppress(OSError):
                self._saved = True
                self._file.seek(self._stored)
                self._file.truncate()
                self._file.write(mark + end)

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe, contextlib.suppress(OSError), _Readiness(pipe) as ready:
            while True:
                while self._unsaved and not ready.within(self._save_at_s - time.monotonic()):
                    self.save()
                if not (chunk := os.read(pipe.fileno(), PIPE_BYTES)):
                    return
                self.add(chunk)
                if time.monotonic() >= self._save_at_s:
                    self.save()
                time.sleep(READ_EVERY_S)

    def _add(self, piece: bytes) -> None:
        if self._head < self._half:
            self._pending += piece
            self._write_lines()
        else:
            self._end += piece
            self._unsaved = True
            self._shorten()

    def _write_lines(self) -> None:
        """Write the whole lines that are pending; of a line without an end, all but what may be half a secret."""
        end = self._pending.rfind(b"\n") + 1
        if not end and len(self._pending) > PIECE_BYTES + self._overlap:
            end = len(self._pending) - self._overlap
        if end:
            end = self._whole(self._pending, end)
            self._write(self._pending[:end])
            self._pending = self._pending[end:]
        if self._head >= self._half:
            self._end += self._pending
            self._unsaved = bool(self._pending)
            self._pending = b""

    def _write(self, text: bytes) -> None:
        shown = _encoded(self._redaction.text(_decoded(text)))
        room = self._half + _RESERVE_BYTES - self._head
        self._store(shown[:room])
        self._head += len(shown)
        self._dropped += max(0, len(shown) - room)

    def _store(self, shown: bytes) -> None:
        # On a full disk the pipe is read on: a server whose log is not taken would end, or wait for ever.
        with contextlib.suppress(OSError):
            if self._saved:
                self._file.seek(self._stored)
                self._file.truncate()
                self._saved = False
            self._stored += self._file.write(shown) or 0

    def _shorten(self) -> None:
        if len(self._end) > 2 * (self._half + self._overlap):
            surplus = len(self._end) - self._half - self._overlap
            self._dropped += surplus
            del self._end[:surplus]

    def _shown_end(self, most_bytes: int) -> str:
        if self._head >= self._half:
            return _decoded(self._redacted_from(bytes(self._end), len(self._end) - most_bytes))
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            file.seek(max(0, size - most_bytes))
            written = file.read()
        return written.decode(errors="replace") + self._redaction.text(self._pending.decode(errors="replace"))

    def _redacted_from(self, text: bytes, start: int) -> bytes:
        """Return the redacted end of a text from a place on; a secret that begins before it is seen as a whole."""
        if start <= 0:
            return _encoded(self._redaction.text(_decoded(text)))
        window = text[max(0, start - self._overlap) :]
        at = self._whole(window, min(start, self._overlap))
        return _encoded(self._redaction.text(_decoded(window[at:])))

    def _whole(self, text: bytes, at: int) -> int:
        """Return the place, at most ``at``, that is within no secret."""
        around = max(0, at - self._overlap)
        shown = text[around : at + self._overlap].decode("latin-1")
        for start, end in self._redaction.spans(shown):
            if start < at - around < end:
                return around + start
        return at


class _Readiness:
    """Tells whether a pipe can be read without waiting."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._selector = None if sys.platform == "win32" else selectors.DefaultSelector()
        if self._selector is not None:
            self._selector.register(pipe, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._selector is not None:
            self._selector.close()

    def within(self, seconds: float) -> bool:
        """Return whether the pipe can be read within so many seconds; True on Windows, where nobody can tell."""
        return self._selector is None or bool(self._selector.select(max(0.0, seconds)))


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
