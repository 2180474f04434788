"""Waiting for a stack to answer, with a deadline and the reason when it does not."""

from __future__ import annotations

import time

from benchmarks.exchange import ExchangeError, exchange
from benchmarks.launch.base import LaunchError, Started

POLL_S = 0.02
TRY_S = 2.0


def wait_until_healthy(name: str, started: Started, path: str, deadline_s: float) -> None:
    """Ask ``path`` until it answers 200; raises LaunchError when the stack ends or the deadline passes."""
    address, end = started.address, time.monotonic() + deadline_s
    last = "it never answered"
    while time.monotonic() < end:
        reason = started.failure()
        if reason:
            raise LaunchError(_with_log(f"{name}: {reason} before it was healthy", started.log_tail()))
        try:
            status = exchange(address, path, timeout_s=TRY_S).status
        except ExchangeError as error:
            last = str(error)
        else:
            if status == 200:
                return
            last = f"GET {path} answered {status}"
        time.sleep(POLL_S)
    raise LaunchError(_with_log(f"{name}: not healthy within {deadline_s:g} s: {last}", started.log_tail()))


def _with_log(message: str, log: str) -> str:
    return f"{message}\n{log}" if log.strip() else f"{message} (it wrote no log)"
