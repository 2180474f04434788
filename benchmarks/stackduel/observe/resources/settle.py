"""Waiting until a stack that answers has also finished starting."""

from __future__ import annotations

import time

from stackduel.observe.resources.usage import Meter

INTERVAL_S = 0.05
IDLE_SHARE = 0.1
IDLE_READINGS = 2


def settle(meter: Meter | None, deadline_s: float = 10.0) -> bool:
    """Wait until the stack's CPU is idle; return whether that was before the deadline.

    A server answers its health check when the first worker is up; the others still import, and would use CPU time
    in the first trial.
    """
    if meter is None:
        return True
    end = time.monotonic() + deadline_s
    before_s, since = meter.glance().cpu_s, time.monotonic()
    idle = 0
    while time.monotonic() < end:
        time.sleep(INTERVAL_S)
        cpu_s, now = meter.glance().cpu_s, time.monotonic()
        idle = idle + 1 if (cpu_s - before_s) < IDLE_SHARE * (now - since) else 0
        if idle == IDLE_READINGS:
            return True
        before_s, since = cpu_s, now
    return False
