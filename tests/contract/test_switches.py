"""Real servers with every switch off and with every switch on: the answers are the same, the ways to them differ."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from stackduel_servers.registry import StackEntry, load_registry
from stackduel_servers.switches import Switch
from stackduel_servers.switches import applicable as applicable_switches
from tests.contract.scripted import ScriptedDownstream, scripted_downstream
from tests.contract.served import Served, all_served, all_started
from tests.contract.wire import ClosedError, WireAnswer, ask, connected
from tests.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not exist on Windows")

ENTRIES = load_registry().entries


def applicable(entry: StackEntry) -> tuple[Switch, ...]:
    """The switches of a stack, but for those that need something built first."""
    return tuple(each for each in applicable_switches(entry) if each.needs is None)


# Each framework, each server that follows a switch, and the app with response models.
STACKS = (
    *("fastapi-uvicorn", "fastapi-gunicorn", "fastapi-idiomatic", "flask-gthread", "quart-hypercorn"),
    *("django-gunicorn", "litestar-granian", "fastapi-uvicorn-worker", "aiohttp"),
)
# Each way to replace a worker.
RECYCLED = ("fastapi-uvicorn", "fastapi-gunicorn", "flask-gthread", "quart-hypercorn", "aiohttp")
TARGETS = (
    *("/", "/json?items=0", "/json?items=100", "/slow-io?delay=0.0001", "/benchmark/io-test?delay=0.01&concurrent=3"),
    *("/nowhere", "/json?items=x"),
)
Arms = dict[str, dict[str, Served]]


@pytest.fixture(scope="module")
def backend() -> Iterator[ScriptedDownstream]:
    """A downstream of the module's own, which counts its connections."""
    with scripted_downstream() as running:
        yield running


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory, backend: ScriptedDownstream) -> Iterator[Arms]:
    """Each stack with all its switches off, and with all of them on; a request counts as slow after 5 ms."""
    folder, url = tmp_path_factory.mktemp("arms"), f"http://127.0.0.1:{backend.port}"
    starts: dict[str, tuple[str, dict[str, str]]] = {}
    for stack in STACKS:
        for arm in ("off", "on"):
            settings: dict[str, str] = {"DOWNSTREAM_URL": url, "DOWNSTREAM_TIMEOUT_S": "10"}
            for switch in applicable(ENTRIES[stack]):
                settings |= switch.settings(on=arm == "on")
            if arm == "on":
                settings["SLOW_REQUEST_MS"] = "5"
            starts[f"{stack}.{arm}"] = (stack, settings)
    with all_started(starts, folder) as servers:
        yield {arm: {stack: servers[f"{stack}.{arm}"] for stack in STACKS} for arm in ("off", "on")}


def position(server: Served) -> dict[str, str | None]:
    """The switches as ``/health`` reports them."""
    switches: dict[str, str | None] = json.loads(ask(server.port, "/health").body)["settings"]["switches"]
    return switches


@pytest.mark.parametrize("stack", STACKS)
def test_the_answers_are_the_same(stack: str, arms: Arms) -> None:
    """No switch changes a status, a body or a content type."""
    for target in TARGETS:
        off, on = (ask(arms[arm][stack].port, target) for arm in ("off", "on"))
        assert (off.status, off.body, off.header("content-type")) == (on.status, on.body, on.header("content-type"))


@pytest.mark.parametrize("stack", STACKS)
def test_health_reports_the_switches_in_force(stack: str, arms: Arms) -> None:
    """Each switch of the stack is reported as it was set, and the others as null."""
    here = {switch.name for switch in applicable(ENTRIES[stack])}
    for arm in ("off", "on"):
        found = position(arms[arm][stack])
        assert found.pop("pillow") == "installed"
        assert {name for name, value in found.items() if value is not None} == here
        assert {found[name] for name in here - {"slow-log"}} == {arm}


@pytest.mark.parametrize("stack", STACKS)
def test_gzip_compresses(stack: str, arms: Arms) -> None:
    """A large answer is compressed for a client that accepts it, with its length, and the same for HEAD."""
    plain = ask(arms["on"][stack].port, "/json")
    for arm, encoding in (("off", None), ("on", "gzip")):
        answer, head = (asked(arms[arm][stack].port, method, "/json") for method in ("GET", "HEAD"))
        assert answer.header("content-encoding") == encoding
        assert (gzip.decompress(answer.body) if encoding else answer.body) == plain.body
        assert answer.header("content-length") == head.header("content-length") == str(len(answer.body))
        assert answer.header("vary") == ("Accept-Encoding" if encoding else None)
    assert plain.header("vary") == "Accept-Encoding"


@pytest.mark.parametrize("stack", STACKS)
def test_a_downstream_client_of_its_own_is_a_connection_for_each_call(
    stack: str, arms: Arms, backend: ScriptedDownstream
) -> None:
    """Calls one after another open a connection each with the switch off, at most one each worker with it on."""
    opened = {}
    for arm in ("off", "on"):
        before = backend.accepted
        for _ in range(10):
            assert ask(arms[arm][stack].port, "/benchmark/io-test?delay=0&concurrent=1").status == 200
        opened[arm] = backend.accepted - before
    assert opened["off"] == 10
    assert opened["on"] <= 3


@pytest.mark.parametrize("stack", STACKS)
def test_times_and_logs(stack: str, arms: Arms) -> None:
    """The headers of the time, the line on a slow request and the access log are where they were asked for."""
    for arm in ("off", "on"):
        answer = ask(arms[arm][stack].port, "/slow-io?delay=0.02")
        assert (answer.header("x-process-time") is not None) == (arm == "on")
        assert (answer.header("server-timing") is not None) == (arm == "on")
    for arm, line in (("off", "/slow-io"), ("on", "slow request: GET '/slow-io' took ")):
        log = arms[arm][stack].log
        # Servers may write it after the answer.
        assert until(partial(holds, log, line)), log.read_text()
    assert "slow request" not in arms["off"][stack].log.read_text()
    assert '"GET /slow-io' not in arms["on"][stack].log.read_text()


@pytest.mark.parametrize("stack", [name for name in STACKS if ENTRIES[name].framework == "fastapi"])
def test_the_middleware_is_the_one_that_was_asked_for(stack: str, arms: Arms) -> None:
    """Every answer of the application passes through BaseHTTPMiddleware, or through the same in plain ASGI."""
    for arm, kind in (("off", "base"), ("on", "asgi")):
        assert ask(arms[arm][stack].port, "/json").header("x-middleware") == kind


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows a process's libraries")
@pytest.mark.parametrize(
    ("stack", "library"),
    [
        ("fastapi-uvicorn", "httptools"),
        ("fastapi-uvicorn", "uvloop"),
        ("fastapi-gunicorn", "uvloop"),
        ("quart-hypercorn", "uvloop"),
        ("flask-gthread", "orjson"),
        ("quart-hypercorn", "orjson"),
        ("aiohttp", "uvloop"),
        ("aiohttp", "orjson"),
    ],
)
def test_the_library_is_loaded_where_it_was_asked_for(stack: str, library: str, arms: Arms) -> None:
    """With its switch on the answering worker has the library in its memory, with it off it has not."""
    for arm in ("off", "on"):
        worker = json.loads(ask(arms[arm][stack].port, "/health").body)["worker"]
        assert (f"/{library}/" in Path(f"/proc/{worker}/maps").read_text()) == (arm == "on")


@pytest.mark.parametrize("stack", STACKS)
def test_workers_are_as_many_as_asked_for(stack: str, arms: Arms) -> None:
    """One worker on one CPU with the switch off, three with it on."""
    if "workers" not in {switch.name for switch in applicable(ENTRIES[stack])}:
        pytest.skip("its server has one process")
    for arm, count in (("off", 1), ("on", 3)):
        assert json.loads(ask(arms[arm][stack].port, "/health").body)["workers"] == count


@pytest.fixture(scope="module")
def recycled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """Servers of one worker that is replaced after 8 requests."""
    environ = {"MAX_REQUESTS": "8", "MAX_REQUESTS_JITTER": "0", "WORKERS": "1"}
    with all_served(RECYCLED, tmp_path_factory.mktemp("recycled"), environ) as servers:
        yield servers


@pytest.mark.parametrize("stack", RECYCLED)
def test_a_worker_is_replaced_after_its_requests(stack: str, recycled: dict[str, Served]) -> None:
    """The server goes on with another process, again and again, though it has a single worker."""
    seen: set[int] = set()

    def others_came() -> bool:
        with suppress(OSError, ClosedError):
            seen.add(json.loads(ask(recycled[stack].port, "/health").body)["worker"])
        return len(seen) == 3

    assert until(others_came)
    assert recycled[stack].process.poll() is None


def asked(port: int, method: str, target: str) -> WireAnswer:
    """The answer to a client that accepts gzip."""
    with connected(port) as wire:
        wire.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip;q=0.5\r\n\r\n".encode())
        return wire.answer(method)


def holds(log: Path, line: str) -> bool:
    """Whether the log holds the line."""
    return line in log.read_text(errors="replace")
