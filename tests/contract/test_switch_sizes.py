"""The sizes that switches set, on real servers: threads, places, the backlog, and what counts as slow.

The downstream never answers here, so that a request holds what it takes for as long as the test looks.
"""

from __future__ import annotations

import re
import socket
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from stackduel_servers.registry import load_registry
from stackduel_servers.switches import SWITCHES, applicable
from tests.contract.scripted import SILENT, ScriptedDownstream, scripted_downstream
from tests.contract.served import Served, all_started, served
from tests.contract.wire import Wire, ask, connected
from tests.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not exist on Windows")

ENTRIES = load_registry().entries
SWITCH = {each.name: each for each in SWITCHES}
CALL = f"GET /benchmark/io-test?delay={SILENT}&concurrent=1 HTTP/1.1\r\nHost: stackduel.test\r\n\r\n".encode()
WITHIN_S = 60.0
FILES = 4096
ABOVE = 10
# One stack of each server; each has a listening socket of its own.
LISTENING = (
    *("fastapi-uvicorn", "flask-gthread", "quart-hypercorn", "litestar-granian", "flask-waitress"),
    *("fastapi-gunicorn", "fastapi-uvicorn-worker", "aiohttp"),
)
# Of the kernel's interface, linux/inet_diag.h and linux/sock_diag.h.
SOCK_DIAG, BY_FAMILY, REQUEST_DUMP, LISTEN, DONE = 4, 20, 0x301, 1 << 10, 3


@contextmanager
def holding(
    stack: str, settings: dict[str, str], calls: int, folder: Path
) -> Iterator[tuple[Served, ScriptedDownstream, list[Wire]]]:
    """A server that was sent so many requests, none of which its downstream ever answers."""
    with ExitStack() as kept, scripted_downstream() as backend:
        environ = {"DOWNSTREAM_URL": f"http://127.0.0.1:{backend.port}", "DOWNSTREAM_TIMEOUT_S": "600", **settings}
        server = kept.enter_context(served(stack, folder, environ))
        wires = [kept.enter_context(connected(server.port, WITHIN_S)) for _ in range(calls)]
        for wire in wires:
            wire.send(CALL)
        # The downstream ends first, and so do the calls that the server would wait for when it stops.
        yield server, backend, wires


@pytest.fixture
def many_files() -> Iterator[None]:
    """More open files than the usual 1,024: both ends of more than 500 connections are in this process."""
    import resource  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"{FILES} open files are needed, and {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("on", [False, True], ids=["off", "on"])
@pytest.mark.parametrize(("name", "stack"), [("threadpool", "fastapi-threadpool"), ("gthread", "flask-gthread")])
def test_as_many_requests_wait_as_there_are_threads(name: str, stack: str, tmp_path: Path, *, on: bool) -> None:
    """With 40 or 200 threads of FastAPI's pool, and with 2 or 256 of Gunicorn's, so many calls are open and no more."""
    settings = SWITCH[name].settings(on=on)
    threads = int(settings["THREADS"])
    with holding(stack, {**settings, "WORKERS": "1"}, threads + ABOVE, tmp_path) as (_, backend, _wires):
        assert until(lambda: backend.accepted >= threads, WITHIN_S), backend.accepted
        # All were sent before: one more thread would have opened one more call by now.
        assert not until(lambda: backend.accepted > threads, 0.5)


@pytest.mark.usefixtures("many_files")
def test_without_the_limit_all_are_served(tmp_path: Path) -> None:
    """The switch off lets as many in as come."""
    settings = SWITCH["limit"].settings(on=False)
    with holding("fastapi-uvicorn", {**settings, "WORKERS": "1"}, 522, tmp_path) as (_, backend, _wires):
        assert until(lambda: backend.accepted == 522, WITHIN_S), backend.accepted


@pytest.mark.usefixtures("many_files")
def test_the_limit_s_places_are_as_many_as_it_says(tmp_path: Path) -> None:
    """Of 522 requests at once 512 are served, 10 get 503 with Retry-After, and /health is answered."""
    settings = SWITCH["limit"].settings(on=True)
    places = int(settings["CONCURRENCY_LIMIT"])
    with holding("fastapi-uvicorn", {**settings, "WORKERS": "1"}, places + ABOVE, tmp_path) as (server, backend, wires):
        assert until(lambda: backend.accepted >= places, WITHIN_S), backend.accepted
        answers = [wire.answer() for wire in refused(wires, ABOVE)]
        assert Counter(answer.status for answer in answers) == {503: ABOVE}
        assert {answer.header("retry-after") for answer in answers} == {"1"}
        assert ask(server.port, "/health").status == 200
        assert backend.accepted == places


def refused(wires: list[Wire], count: int) -> list[Wire]:
    """The connections that have an answer, once there are so many."""
    assert until(lambda: sum(wire.has_data() for wire in wires) >= count, WITHIN_S)
    return [wire for wire in wires if wire.has_data()]


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """Each server with the backlog's switch off, and on."""
    starts = {
        f"{stack}.{on}": (stack, SWITCH["backlog"].settings(on=on)) for stack in LISTENING for on in (False, True)
    }
    with all_started(starts, tmp_path_factory.mktemp("listening")) as servers:
        yield servers


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the backlog of a socket")
@pytest.mark.parametrize("stack", LISTENING)
def test_the_kernel_holds_as_many_connections_as_the_backlog_says(stack: str, listening: dict[str, Served]) -> None:
    """2048 and 4096, as far as the kernel's own limit allows."""
    assert SWITCH["backlog"] in applicable(ENTRIES[stack])
    most = int(Path("/proc/sys/net/core/somaxconn").read_text())
    for on in (False, True):
        wanted = min(int(SWITCH["backlog"].settings(on=on)["BACKLOG"]), most)
        assert backlogs(listening[f"{stack}.{on}"].port) == {wanted}


@pytest.mark.parametrize("stack", ["fastapi-uvicorn", "flask-gthread"])
def test_what_takes_a_tenth_of_a_second_is_slow(stack: str, tmp_path: Path) -> None:
    """With the switch on, a request of 150 ms has a line, and no line is about a faster one than 100 ms."""
    settings = SWITCH["slow-log"].settings(on=True)
    assert settings == {"SLOW_REQUEST_MS": "100"}
    with served(stack, tmp_path, settings) as server:
        for target in ("/json?items=0", "/slow-io?delay=0.01", "/slow-io?delay=0.15"):
            assert ask(server.port, target).status == 200

        def lines() -> list[float]:
            found = re.findall(r"slow request: GET '/\S*' took ([\d.]+) ms", server.log.read_text(errors="replace"))
            return [float(each) for each in found]

        assert until(lambda: any(ms >= 150 for ms in lines()), WITHIN_S), server.log_tail()
        assert min(lines()) >= 100


def backlogs(port: int) -> set[int]:
    """The backlogs of the sockets that listen on a port, as the kernel keeps them."""
    found: set[int] = set()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as netlink:
        request = struct.pack("=BBBBI48x", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, LISTEN)
        netlink.send(struct.pack("=IHHII", 16 + len(request), BY_FAMILY, REQUEST_DUMP, 1, 0) + request)
        while True:
            data = netlink.recv(1 << 20)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == DONE:
                    return found
                # A header of 16 bytes; then family and state, the ports, and behind the addresses two queues.
                if struct.unpack_from("!H", data, 16 + 4)[0] == port:
                    found.add(struct.unpack_from("=I", data, 16 + 4 + 48 + 8)[0])
                data = data[(length + 3) & ~3 :]
