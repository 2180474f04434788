"""Waiting for a stack to answer, with a deadline and the reason when it does not."""

from __future__ import annotations

import socket
import time

from stackduel.launch.launcher import Started
from stackduel.model.errors import LaunchError
from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, exchange

POLL_S = 0.02
TRY_S = 2.0
# The first bytes of an HTTP/2 client (RFC 9113, 3.4), and the type of a server's first frame.
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
SETTINGS = 4


def wait_until_healthy(name: str, started: Started, path: str | None, deadline_s: float) -> None:
    """Ask ``path`` until it answers 200; raises LaunchError when the stack ends or the deadline passes.

    Without a path the server speaks gRPC alone, and is healthy once it returns HTTP/2's greeting.
    """
    end = time.monotonic() + deadline_s
    last = "it never answered"
    while time.monotonic() < end:
        reason = started.failure()
        if reason:
            raise LaunchError(_with_log(f"{name}: {reason} before it was healthy", started.log_tail()))
        refusal = _greets(started.address) if path is None else _answers(started.address, path)
        if refusal is None:
            return
        last = refusal
        time.sleep(POLL_S)
    raise LaunchError(_with_log(f"{name}: not healthy within {deadline_s:g} s: {last}", started.log_tail()))


def _answers(address: Address, path: str) -> str | None:
    """Return None for an answer 200, else a description of what came instead."""
    try:
        status = exchange(address, path, timeout_s=TRY_S).status
    except ExchangeError as error:
        return str(error)
    return None if status == 200 else f"GET {path} answered {status}"


def _greets(address: Address) -> str | None:
    """Return None for an HTTP/2 server, else a description of what came instead."""
    try:
        with socket.create_connection((address.host, address.port), TRY_S) as connection:
            connection.sendall(GREETING)
            frame = connection.recv(9, socket.MSG_WAITALL)
    except OSError as error:
        return error.strerror or str(error)
    return None if len(frame) == 9 and frame[3] == SETTINGS else "it does not speak HTTP/2"


def _with_log(message: str, log: str) -> str:
    return f"{message}\n{log}" if log.strip() else f"{message} (it wrote no log)"


HEALTHY_WITHIN_S = 30.0
