"""A timer that is more precise than those of an event loop."""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import sys
from collections.abc import Callable
from typing import Protocol

from stackduel.load.clock import clock

# uvloop counts in milliseconds, and takes less than half a one for none: it would go round and round.
_GRAIN_S = 0.001


class Timer(Protocol):
    """Calls back at about the moment to which it is set, in ``clock`` seconds; a later setting replaces a former."""

    def set(self, moment_s: float) -> None:
        """Call back at that moment, or at once if it has passed."""

    def close(self) -> None:
        """Never call back again."""


def precise_timer(callback: Callable[[], None]) -> Timer:
    """Return the most precise timer of this system, on the running loop."""
    try:
        return _KernelTimer(callback)
    except (AttributeError, OSError):
        return _LoopTimer(callback)


class _LoopTimer:
    """By the loop's timers: up to a millisecond too early or too late."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None

    def set(self, moment_s: float) -> None:
        self.close()
        self._handle = self._loop.call_later(max(moment_s - clock(), _GRAIN_S), self._callback)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()


class _KernelTimer:
    """By a Linux timer that is a file (timerfd): some ten microseconds late, never early, and free until it expires.

    Raises AttributeError or OSError where there is no such thing.
    """

    def __init__(self, callback: Callable[[], None]) -> None:
        if sys.platform != "linux":
            raise OSError("timers are files on Linux only")
        self._callback = callback
        self._loop = asyncio.get_running_loop()
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._file = int(self._libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._loop.add_reader(self._file, self._expired)

    def set(self, moment_s: float) -> None:
        # Zero would be no time at all: the clock's first instant is long gone.
        seconds, rest_s = divmod(max(moment_s, 1e-9), 1.0)
        nanoseconds = min(round(rest_s * 1e9), 999_999_999)
        self._libc.timerfd_settime(
            self._file, _TIMER_ABSOLUTE, struct.pack("@4l", 0, 0, int(seconds), nanoseconds), None
        )

    def close(self) -> None:
        self._loop.remove_reader(self._file)
        os.close(self._file)

    def _expired(self) -> None:
        try:
            os.read(self._file, 8)
        except BlockingIOError:
            # It was set again between its expiry and this call.
            return
        self._callback()


# From <time.h> and <sys/timerfd.h>; the first is the clock of ``clock`` on Linux, too.
_CLOCK_MONOTONIC = 1
_TIMER_ABSOLUTE = 1
