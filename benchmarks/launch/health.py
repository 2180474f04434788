"""Waiting for a stack to answer, with a deadline and the reason when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.exchange import ExchangeError, exchange
from benchmarks.launch.base import LaunchError
from benchmarks.target import Address

POLL_S = 0.02
TRY_S = 2.0


def wait_until_healthy(
    name: str,
    address: Address,
    path: str,
    *,
    deadline_s: float,
    failure: Callable[[], str | None],
    log_tail: Callable[[], str],
) -> None:
    """Ask ``path`` until it answers 200; raises LaunchError when the stack ends or the deadline passes."""
    end = time.monotonic() + deadline_s
    last = "it never answered"
    while time.monotonic() < end:
        reason = failure()
        if reason:
            raise LaunchError(_with_log(f"{name}: {reason} before it was healthy", log_tail()))
        try:
            status = exchange(address, path, timeout_s=TRY_S).status
        except ExchangeError as error:
            last = str(error)
        else:
            if status == 200:
                return
            last = f"GET {path} answered {status}"
        time.sleep(POLL_S)
    raise LaunchError(_with_log(f"{name}: not healthy within {deadline_s:g} s: {last}", log_tail()))


def _with_log(message: str, log: str) -> str:
    return f"{message}\n{log}" if log.strip() else f"{message} (it wrote no log)"
