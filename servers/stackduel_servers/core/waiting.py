"""Waits that are never too short: event loops fire timers up to 1 ms early, so these wait until the time is over."""

from __future__ import annotations

import asyncio
import time

from stackduel_servers.core.timing import span

# uvloop counts whole milliseconds: a shorter timer would fire at once, over and over, and burn the CPU.
SHORTEST_TIMER_S = 0.001


def wait_blocking(delay_s: float) -> None:
    """Hold the calling thread (or greenlet) for ``delay_s`` seconds or slightly more."""
    with span("io"):
        until = time.monotonic() + delay_s
        while (left_s := until - time.monotonic()) > 0:
            time.sleep(left_s)


async def wait(delay_s: float) -> None:
    """Suspend the calling task for ``delay_s`` seconds or slightly more; the event loop goes on."""
    with span("io"):
        until = time.monotonic() + delay_s
        while (left_s := until - time.monotonic()) > 0:  # noqa: ASYNC110  # nothing sets an event: time passes
            await asyncio.sleep(max(left_s, SHORTEST_TIMER_S))
