"""nginx in front of a stack, really started: what it passes on at once, what it keeps back, and what it cuts."""

from __future__ import annotations

import http.client
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.launch.local.nginx import nginx_before
from stackduel.launch.local.nginx_config import nginx_config
from stackduel.launch.proxied import ProxyLauncher
from stackduel.model.budget import divide
from stackduel.model.proxy import PROXIES
from stackduel.model.stack import Stack
from stackduel.model.target import Address, Behind, ProcessTree, parts_of, proxy_of
from stackduel.observe.resources.meters import meter_of
from stackduel.planning.registry import registered_stacks
from stackduel.process.cores import usable_cores
from stackduel.verify.exchange import exchange
from tests.contract.events import Streamed, parse, stream
from tests.contract.websocket import opened
from tests.until import until

pytestmark = [
    pytest.mark.usefixtures("nginx"),
    pytest.mark.skipif(sys.platform == "win32", reason="nginx is not started on Windows"),
]
BARE = registered_stacks()["asgi-uvicorn"]
# The second event comes three seconds after the first; a proxy that waits for one second does not see it.
SLOW, PATIENCE_S = "events=2&interval=3", 1.0
# The second event is due three seconds after the first, and each is larger than one of the proxy's buffers.
LARGE, SECOND_DUE_NS = "events=2&interval=3&size=4096", 3_000_000_000


@dataclass(frozen=True)
class Asked:
    """Return what came of each stream, all asked for at the same time, and of what is no stream."""

    streams: Mapping[str, Future[Streamed]]
    firsts: Mapping[str, Future[bool]]


def behind(label: str, read_timeout_s: float = 60.0) -> Stack:
    return replace(BARE, proxy=replace(PROXIES[label], read_timeout_s=read_timeout_s))


def comes_at_once(port: int) -> bool:
    """Return whether the first event is read before the second is due."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", f"/stream?{LARGE}")
    answer = connection.getresponse()
    body = b""
    while not parse(body.decode()):
        body += answer.read1(65_536)
    read_ns = time.perf_counter_ns()
    connection.close()
    return read_ns < int(answer.headers["X-Stream-Zero"]) + SECOND_DUE_NS


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, nginx: None) -> Iterator[Asked]:
    """One server, and in front of it an nginx of each kind, and one that is impatient."""
    with ExitStack() as running, ThreadPoolExecutor(8) as pool:
        launcher = running.enter_context(LocalLauncher(divide(usable_cores()), tmp_path_factory.mktemp("nginx")))
        server = running.enter_context(launcher.start(BARE))

        def port_of(stack: Stack) -> int:
            return running.enter_context(nginx_before(launcher, stack, server.address)).address.port

        impatient = port_of(behind("nginx-unbuffered", PATIENCE_S))
        ports = {label: port_of(behind(label)) for label in PROXIES}
        targets = {
            "silent": f"/stream?{SLOW}",
            "with heartbeats": f"/stream?{SLOW}&heartbeat=0.5",
            "relayed with heartbeats": f"/relay?{SLOW}&heartbeat=0.5",
        }
        streams = {name: pool.submit(stream, impatient, target) for name, target in targets.items()}
        firsts = {label: pool.submit(comes_at_once, port) for label, port in ports.items()}
        with opened(impatient, "/ws/echo") as websocket:
            websocket.say("a word")
            assert websocket.message() == "a word"
        yield Asked(streams, firsts)


def test_a_silent_stream_is_cut(asked: Asked) -> None:
    """The proxy closes it once nothing came for its time: the first event came, the second never does."""
    sent = asked.streams["silent"].result()
    assert not sent.whole
    assert [event.id for event in sent.events()] == ["0"]


@pytest.mark.parametrize("name", ["with heartbeats", "relayed with heartbeats"])
def test_heartbeats_keep_a_silent_stream(name: str, asked: Asked) -> None:
    """The same stream comes to its end where comments fill the gap, made by the handler or by its upstream."""
    sent = asked.streams[name].result()
    assert sent.whole
    assert [event.id for event in sent.events()] == ["0", "1"]
    assert sent.comments() == 5


@pytest.mark.parametrize(("label", "at_once"), [("nginx", True), ("nginx-unbuffered", True), ("nginx-buffered", False)])
def test_what_buffering_keeps_back(label: str, at_once: bool, asked: Asked) -> None:
    """Events come as they are made, as the head says or as the proxy is set; else their ends wait for the next ones."""
    assert asked.firsts[label].result() == at_once


def test_a_stack_is_asked_through_its_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address is the proxy's, its processes are the server's alone, and nothing of the proxy is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    local = LocalLauncher(divide(usable_cores()), tmp_path / "logs")
    with ProxyLauncher(local, lambda stack, upstream: nginx_before(local, stack, upstream)) as launcher:
        with launcher.start(BARE) as direct:
            assert proxy_of(direct.subject) is None
        with launcher.start(behind("nginx")) as started:
            reply = exchange(started.address, "/json?items=1")
            assert (reply.status, (reply.header("server") or "").partition("/")[0]) == (200, "nginx")
            proxy = proxy_of(started.subject)
            assert isinstance(started.subject, Behind)
            assert isinstance(proxy, ProcessTree)
            assert parts_of(started.subject) == (started.subject.server, proxy)
            meters = [meter_of(each) for each in (started.subject, started.subject.server, proxy)]
            assert meters[0] is not None
            assert [each.name() for each in psutil.Process(proxy.pid).children()] == ["nginx"]
            assert len(list(folder.iterdir())) == 1
            psutil.Process(proxy.pid).kill()
            assert until(lambda: started.lost_companion() is not None)
            lost = started.lost_companion()
            assert lost is not None
            assert lost.sentence.startswith("the proxy asgi-uvicorn.nginx has failed")
    assert until(lambda: not psutil.pid_exists(proxy.pid))
    assert list(folder.iterdir()) == []


def test_the_configuration() -> None:
    """All files lie in its own folder, it listens where it was told to, and a socket may be what it passes on to."""
    folder, listen = Path("/own"), Address("127.0.0.1", 20_001)
    impatient = replace(PROXIES["nginx-buffered"], read_timeout_s=1.5)
    text = nginx_config(impatient, folder, listen, Address("localhost", 0, socket="/run/a.sock"))
    for line in (
        "listen 127.0.0.1:20001 backlog=2048;",
        "server unix:/run/a.sock;",
        "proxy_buffering on;",
        "proxy_ignore_headers X-Accel-Buffering;",
        "proxy_read_timeout 1500ms;",
        "pid /own/nginx.pid;",
        "error_log stderr warn;",
        "access_log off;",
    ):
        assert line in text
    assert text.count("_temp_path /own/") == 5
    plain = nginx_config(PROXIES["nginx-unbuffered"], folder, listen, Address("127.0.0.1", 8001))
    assert "server 127.0.0.1:8001;" in plain
    assert "proxy_buffering off;" in plain
    assert "proxy_ignore_headers" not in plain
