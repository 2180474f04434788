"""The setup of a load generator's process: its CPU, file limit, event loop, message streams and end."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, BinaryIO

READ_BYTES = 1024 * 1024
END_WITHIN_S = 3.0


def bind_to(core: int | None) -> None:
    """Bind this process to one CPU if the system can; every result holds the CPU that it got."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core})


def allow_many_files() -> None:
    """Raise the limit of open files as far as this process may: a connection is a file."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415  (not on Windows)

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def fastest_runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    """Return the function that runs a coroutine on the fastest event loop that is installed."""
    try:
        loops = importlib.import_module("winloop" if sys.platform == "win32" else "uvloop")
    except ImportError:
        return asyncio.run
    run: Callable[[Coroutine[Any, Any, None]], None] = loops.run
    return run


@contextlib.contextmanager
def events() -> Iterator[BinaryIO]:
    """Yield a stream to the original stdout, with stdout redirected to stderr, so that only events go there."""
    with os.fdopen(os.dup(1), "wb") as stream:
        os.dup2(2, 1)
        yield stream


def hand_on_stdin(loop: asyncio.AbstractEventLoop, receive: Callable[[bytes], None]) -> None:
    """Pass every line of stdin to ``receive`` on the loop, and an empty line at its end; runs on its own thread.

    Then it makes sure that this process ends, as the runner has ended.
    """
    for line in _lines(sys.stdin.fileno()):
        loop.call_soon_threadsafe(receive, line)
    with contextlib.suppress(RuntimeError):  # the loop may have ended before
        loop.call_soon_threadsafe(receive, b"")
    time.sleep(END_WITHIN_S)
    os._exit(1)


def _lines(descriptor: int) -> Iterator[bytes]:
    """Yield the lines of a stream as they come.

    A buffered reader would hold a lock that the interpreter needs when it ends.
    """
    begun: list[bytes] = []
    while chunk := os.read(descriptor, READ_BYTES):
        first, *rest = chunk.split(b"\n")
        begun.append(first)
        for piece in rest:
            yield b"".join(begun)
            begun = [piece]
