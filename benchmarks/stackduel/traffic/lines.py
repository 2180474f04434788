"""Files, pipes and their gzip forms as bytes or as lines, none longer than is needed."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from stackduel.model.errors import FieldError

STDIN = "-"
# A line repeats the request and its referrer; nginx takes request lines of at most 8 KiB unless it is told otherwise.
MOST_LINE_BYTES = 65_536
_GZIP = b"\x1f\x8b"
_PEEKED_BYTES = 8192
UNREADABLE = (OSError, EOFError, ValueError, zlib.error)

Source = io.BufferedReader | gzip.GzipFile


@contextmanager
def opened(source: str) -> Iterator[Source]:
    """Open a file, or standard input for ``-``, decompressed where it is gzip; raises FieldError."""
    try:
        plain = open(0, "rb", closefd=False) if source == STDIN else open(source, "rb")  # noqa: PTH123, SIM115 - closed below
    except UNREADABLE as error:
        raise FieldError(f"{source}: cannot be read: {reason(error)}") from error
    with plain:
        if not head(plain, source).startswith(_GZIP):
            yield plain
            return
        with gzip.GzipFile(fileobj=plain) as unpacked:
            yield unpacked


def head(stream: Source, source: str) -> bytes:
    """Return the beginning of a stream, which stays to be read; raises FieldError."""
    try:
        return stream.peek(_PEEKED_BYTES)
    except UNREADABLE as error:
        raise FieldError(f"{source}: cannot be read: {reason(error)}") from error


def bounded_lines(stream: Source) -> Iterator[bytes]:
    """Yield each line without its end; of one that is too long the first ``MOST_LINE_BYTES + 1`` bytes.

    Raises one of ``UNREADABLE`` where a compressed file is broken.
    """
    while line := stream.readline(MOST_LINE_BYTES + 1):
        if len(line) > MOST_LINE_BYTES and not line.endswith(b"\n"):
            _skip_line(stream)
        yield line.rstrip(b"\r\n")


def read_whole(stream: Source, source: str, most_bytes: int) -> bytes:
    """Return all of a stream; raises FieldError if it is longer than that or cannot be read."""
    try:
        content = stream.read(most_bytes + 1)
    except UNREADABLE as error:
        raise FieldError(f"{source}: cannot be read: {reason(error)}") from error
    if len(content) > most_bytes:
        raise FieldError(f"{source}: at most {most_bytes // 2**20} MiB")
    return content


def reason(error: Exception) -> str:
    """Return why something cannot be read, in a few words."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _skip_line(stream: Source) -> None:
    while rest := stream.readline(MOST_LINE_BYTES):
        if rest.endswith(b"\n"):
            return
