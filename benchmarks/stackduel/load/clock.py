"""The one clock of the load engine, and waiting by it."""

from __future__ import annotations

import asyncio
import time

# The finest monotonic clock of every system, and the same one in all processes of a machine.
clock = time.perf_counter


async def until(moment_s: float) -> None:
    """Return at ``moment_s`` of the clock, never earlier: uvloop's timers are up to a millisecond early."""
    while (left_s := moment_s - clock()) > 0:  # noqa: ASYNC110  (nothing but time has to pass)
        await asyncio.sleep(left_s)
