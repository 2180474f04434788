"""Standard output and standard error that fail once and quietly: a measurement goes on when nobody reads it.

A closed pipe or a full disk would otherwise raise wherever something is printed next.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# What stands for the signs of our tables where an encoding has none of them.
_PLAIN = {0x2013: "-", 0x2014: "-", 0x2500: "-", 0x2501: "=", 0x2026: "...", 0xD7: "x", 0x2265: ">=", 0x2264: "<="}
_ERRORS = "stackduel.plain"


class Outlet(io.FileIO):
    """A descriptor that takes all that is written: after its first failure nothing is written any more."""

    failure: OSError | None = None

    def write(self, content: ReadableBuffer, /) -> int:
        """Write, waiting where the descriptor does not; keep a failure instead of raising it."""
        size = memoryview(content).nbytes
        if self.failure is not None:
            return size
        try:
            while (written := super().write(content)) is None:
                select.select((), (self,), ())
        except OSError as error:
            self.failure = error
            return size
        return written


@dataclass(frozen=True, slots=True)
class Outlets:
    """Standard output and standard error while a command runs."""

    out: Outlet | None
    err: Outlet | None

    def lost(self) -> OSError | None:
        """Write what is left; return why standard output is incomplete, None if it is not or its reader left."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        failure = self.out.failure if self.out else None
        return None if failure is None or failure.errno == errno.EPIPE else failure


def open_outlets() -> Outlets:
    """Put outlets in the place of both standard streams, for the rest of this process."""
    # A descriptor that is closed would be given to the next file, and children would write into that.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    codecs.register_error(_ERRORS, _in_plain_signs)
    sys.stdout, out = _through_outlet(sys.stdout, 1)
    sys.stderr, err = _through_outlet(sys.stderr, 2)
    return Outlets(out, err)


def _through_outlet(stream: TextIO | None, descriptor: int) -> tuple[TextIO, Outlet | None]:
    if sys.platform == "win32" and stream is not None and stream.isatty():
        return stream, None  # a console takes text and not bytes
    with suppress(OSError, ValueError, AttributeError):
        stream.flush()  # type: ignore[union-attr]
    outlet = Outlet(descriptor, "w", closefd=False)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(outlet), encoding, _ERRORS, line_buffering=True), outlet


def _in_plain_signs(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return for signs that an encoding lacks what stands for them: a plain sign, else their number as in Python."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end
