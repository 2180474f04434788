"""Every stack at its end: how it stops, and what it leaves behind."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress

import pytest

from stackduel.verify.contract.cases import ONE_ITEM
from stackduel_servers.registry import StackEntry
from tests.contract.conftest import ENTRIES
from tests.contract.scripted import ScriptedDownstream
from tests.contract.served import Served, group_members
from tests.contract.together import of_all
from tests.contract.wire import ClosedError, connected
from tests.until import until

REQUEST = b"GET /json?items=1 HTTP/1.1\r\nHost: stackduel.test\r\n\r\n"
STOPS_WITHIN_S = 5.0
# A wait of its own for each stack, by which the downstream knows it.
DELAYS = {entry.name: f"0.5{number:08d}" for number, entry in enumerate(ENTRIES)}

# Hypercorn cancels a connection whose upload no application reads any more. Before Python 3.12, asyncio's own callback
# then asks the cancelled task for its exception, and logs what it gets.
OF_ASYNCIO = re.compile(
    rb"Exception in callback <function StreamReaderProtocol\.connection_made.*?CancelledError\n", re.DOTALL
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")


@pytest.fixture(scope="module")
def ended(fleet: Mapping[str, Served], downstream: ScriptedDownstream) -> Mapping[str, Future[float]]:
    """How many seconds each stack takes to stop; ends the fleet."""
    return of_all(lambda entry, served: end(entry, served, downstream), fleet, at_once=4)


def test_it_stops_within_seconds_and_leaves_nothing(
    entry: StackEntry, served: Served, ended: Mapping[str, Future[float]]
) -> None:
    """On SIGTERM a request under way is answered, idle connections do not delay the end, and no process is left."""
    assert ended[entry.name].result() < STOPS_WITHIN_S
    assert sys.platform != "linux" or not group_members(served.process.pid), served.log_tail()


def end(entry: StackEntry, served: Served, downstream: ScriptedDownstream) -> float:
    """Stop a server that has idle connections and a request under way; how long it takes."""
    said_before = served.log.stat().st_size
    with ExitStack() as connections:
        for _ in range(20 if entry.keeps_connections else 0):
            idle = connections.enter_context(connected(served.port))
            idle.send(REQUEST)
            assert idle.answer().body == ONE_ITEM
        waiting = connections.enter_context(connected(served.port))
        waiting.send(f"GET /benchmark/io-test?delay={DELAYS[entry.name]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert until(lambda: DELAYS[entry.name] in downstream.asked), "the request has not begun"
        started_s = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        with suppress(ClosedError) if entry.server == "waitress" else ExitStack():
            assert waiting.answer().status == 200
        served.process.wait(timeout=STOPS_WITHIN_S)
        took_s = time.monotonic() - started_s
    said = served.log.read_bytes()[said_before:]
    assert b"Traceback" not in (OF_ASYNCIO.sub(b"", said) if entry.server == "hypercorn" else said), served.log_tail()
    return took_s
