"""Waiting for a companion of the user's: until its health path, a command or a connection says that it is ready."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from stackduel.launch.companion import NamedServer
from stackduel.model.errors import LaunchError
from stackduel.model.stack import OwnCompanion
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.connecting import connected
from stackduel.verify.exchange import ExchangeError, ask

LOOK_EVERY_S = 0.05
TRY_S = 5.0
# A published port takes connections for a container that does not listen yet, and closes them at once.
STAYS_OPEN_S = 0.1
LOG_LINES = 20


def wait_until_ready(companion: OwnCompanion, server: NamedServer, run: Callable[[tuple[str, ...]], bool]) -> None:
    """Look until the companion is ready; raises LaunchError when it ends before, or takes too long.

    ``run`` runs the words of its ``ready`` where it runs, and returns whether they ended well.
    """
    deadline_s = time.monotonic() + companion.start_s
    while time.monotonic() < deadline_s:
        if reason := server.failure():
            raise LaunchError(f"companion {companion.name}: {reason} before it was ready", server.log_tail(LOG_LINES))
        if run(companion.ready) if companion.ready else _answers(companion, server.address):
            return
        time.sleep(LOOK_EVERY_S)
    raise LaunchError(
        f"companion {companion.name}: not ready within {companion.start_s:g} s (start_s allows another time)",
        server.log_tail(LOG_LINES),
    )


def _answers(companion: OwnCompanion, address: Address) -> bool:
    if companion.health is None:
        return takes_connections(address)
    try:
        return 200 <= ask(address, Workload(companion.health), timeout_s=TRY_S).status < 300
    except ExchangeError:
        return False


def takes_connections(address: Address) -> bool:
    """Return whether somebody takes a connection and does not close it at once."""
    try:
        with connected(address, TRY_S) as connection:
            connection.settimeout(STAYS_OPEN_S)
            with contextlib.suppress(TimeoutError):
                return bool(connection.recv(1))
    except OSError:
        return False
    return True
