"""Open WebSockets of a server that is stopped: what the page says of it is what clients see."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from stackduel_servers.registry import StackEntry
from tests.contract.conftest import ENTRIES, unlike
from tests.contract.served import Served, all_served
from tests.contract.websocket import ClosedError, WebSocket, opened

PAGE = Path(__file__).parents[2] / "docs" / "websockets.md"
# wsproto calls it 1006 where a connection ends without a close.
CUT = 1006
# As each server is told in its command.
GRACE_S = 3.0
ECHO = "/ws/echo"
# Two of them: one that ends within the grace, and one that does not.
SHORT, LONG = "/ws/broadcast?events=20&interval=0.05&gather=0", "/ws/broadcast?events=500&interval=0.02&gather=0"
SERVERS = list(
    {(entry.server, entry.worker_class): entry for entry in unlike(ENTRIES) if entry.has_websockets}.values()
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Served]]:
    """A stack of each server and kind of worker that has WebSockets."""
    with all_served([entry.name for entry in SERVERS], tmp_path_factory.mktemp("stopping")) as servers:
        yield servers


@pytest.mark.parametrize("stack", SERVERS, ids=lambda stack: stack.name)
def test_what_sigterm_does_to_open_websockets_is_what_the_page_says(
    stack: StackEntry, running: Mapping[str, Served]
) -> None:
    """An echo that waits, a broadcast that could end within the grace, and one that could not."""
    server = running[stack.name]
    with ExitStack() as clients, ThreadPoolExecutor(3) as threads:
        sockets = [clients.enter_context(opened(server.port, target)) for target in (ECHO, SHORT, LONG)]
        sockets[0].say("here")
        for each in sockets:
            each.message()
        stopped_s = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        ends: list[Future[tuple[int, float]]] = [threads.submit(end_of, each) for each in sockets]
        codes = [future.result()[0] for future in ends]
        waited_s = ends[2].result()[1] - stopped_s
    told = rows()[title_of(stack)]
    assert codes == [code_in(cell) for cell in told[:3]], server.log_tail()
    # A server that waits gives its whole grace to what does not end.
    assert (waited_s > 0.9 * GRACE_S) == ("3 s" in told[2]), f"{waited_s:.2f} s"


def end_of(websocket: WebSocket) -> tuple[int, float]:
    """The code with which a WebSocket ends, and when."""
    try:
        while True:
            websocket.message()
    except ClosedError as closed:
        return closed.code, time.monotonic()
    except ConnectionResetError:
        return CUT, time.monotonic()


def rows() -> Mapping[str, list[str]]:
    """The rows of the page's table, by the server."""
    table = PAGE.read_text(encoding="utf-8").partition("| server, on SIGTERM |")[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {row[0]: row[1:] for row in cells}


def title_of(stack: StackEntry) -> str:
    """The server as the page names it."""
    workers = {"asgi": "ASGI worker", "uvicorn": "uvicorn-worker", "aiohttp": "aiohttp's worker"}
    title = stack.server.title()
    return title if stack.worker_class is None else f"{title}, {workers[stack.worker_class]}"


def code_in(cell: str) -> int:
    """The code that a cell names; a cut connection has none."""
    code = re.search(r"\b1\d{3}\b", cell)
    return int(code[0]) if code else CUT
