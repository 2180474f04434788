"""What each client gets out of a second of its CPU: the two drivers and wrk, on one server in the same minutes.

Run as a script it prints a table; as a test it holds the raw driver to half of wrk and eight times aiohttp. The
server has the first core to itself and the clients share the second, one at a time, in an order that changes.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import exp, log
from pathlib import Path

import numpy as np
import pytest

from benchmarks.histogram import Histogram
from benchmarks.load.engine import Engine, local_engine
from benchmarks.load.job import Call, Driver, Job
from benchmarks.load.recorder import Recorder
from benchmarks.load.request import request_headers
from benchmarks.measurement import Expectation
from benchmarks.suite import ClosedLoop, Workload
from benchmarks.target import Address

pytestmark = pytest.mark.performance

CONNECTIONS = 64
ROUNDS = 5
DURATION_S = 3.0
BODY = b'{"message": "hello, world"}\n'
WORKLOAD = Workload("/hello")
SERVER_CORE, CLIENT_CORE = 0, 1

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location = /hello {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""

# wrk tells its figures to a script of its own: nothing has to be read out of a text for people.
WRK_REPORT = """
done = function(summary, latency, requests)
  local errors = 0
  for _, count in pairs(summary.errors) do errors = errors + count end
  io.stderr:write(string.format('{"requests": %d, "duration_s": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, errors))
end
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one client did in one round."""

    rate_rps: float
    cpu_share: float
    p50_ms: float
    p99_ms: float

    @property
    def per_cpu_s(self) -> float:
        """Requests for a second of the client's CPU."""
        return self.rate_rps / self.cpu_share


Client = Callable[[Address, float], Figures]


def driver(engine: Engine, name: Driver) -> Client:
    """One of our drivers, as it measures."""

    def measure(address: Address, duration_s: float) -> Figures:
        load = ClosedLoop(CONNECTIONS, duration_s=duration_s, warmup_s=0.3)
        found = engine.measure(Job(address, (Call(WORKLOAD, Expectation.of(200, BODY, "body")),), load, driver=name))
        assert found.failed == 0, found.outcomes
        p50_ms, p99_ms = (found.latency.quantile_ns(q) / 1e6 for q in (0.5, 0.99))
        return Figures(found.succeeded / duration_s, found.generator.cpu_s / duration_s, p50_ms, p99_ms)

    return measure


def wrk(address: Address, duration_s: float) -> Figures:
    """Wrk with one thread, and the same request."""
    headers = [f"-H{name}: {value}" for name, value in request_headers(address, WORKLOAD)]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "report.lua")
        script.write_text(WRK_REPORT)
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{round(duration_s)}s", *headers, f"-s{script}"]
        process = subprocess.Popen(
            [*_on(CLIENT_CORE), *command, address.url + WORKLOAD.target],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        with process.stderr:
            report = json.loads(process.stderr.read())
        _, status, use = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert (process.returncode, report["errors"]) == (0, 0)
    cpu_share = (use.ru_utime + use.ru_stime) / report["duration_s"]
    return Figures(report["requests"] / report["duration_s"], cpu_share, report["p50_ms"], report["p99_ms"])


@contextmanager
def serving() -> Iterator[tuple[str, Address]]:
    """A server that is faster than any of the clients: nginx where there is one, else a bare protocol on uvloop."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = Address(*free.getsockname())
    with tempfile.TemporaryDirectory() as folder:
        name = "nginx" if shutil.which("nginx") else "bare"
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(NGINX.format(folder=folder, port=address.port, body=BODY.decode()))
        nginx = ["nginx", "-p", folder, "-c", str(configuration), "-e", f"{folder}/error.log"]
        bare = [sys.executable, __file__, "--serve", str(address.port)]
        process = subprocess.Popen([*_on(SERVER_CORE), *(nginx if name == "nginx" else bare)])
        try:
            _wait_for(address)
            yield name, address
        finally:
            process.terminate()
            process.wait(10)


def serve_bare(port: int) -> None:
    """Answer every packet as if it were one request, on uvloop, until killed."""
    import asyncio

    import uvloop

    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)

    class Bare(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.WriteTransport)
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(answer)

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port, backlog=1024)
        await server.serve_forever()

    uvloop.run(serve())


def compare(rounds: int, duration_s: float) -> tuple[str, dict[str, list[Figures]]]:
    """Every client in every round, in an order drawn anew for each."""
    with serving() as (name, address), local_engine((CLIENT_CORE,), 1) as engine:
        clients: dict[str, Client] = {"raw": driver(engine, "raw"), "aiohttp": driver(engine, "aiohttp")}
        if shutil.which("wrk"):
            clients["wrk"] = wrk
        found: dict[str, list[Figures]] = {client: [] for client in clients}
        order = random.Random(7)
        for _ in range(rounds):
            for client in order.sample(list(clients), len(clients)):
                found[client].append(clients[client](address, duration_s))
    return name, found


def ratio(found: dict[str, list[Figures]], ours: str, other: str) -> tuple[float, float, float]:
    """Requests per CPU second of one client over another's: geometric mean, least and most of the rounds."""
    each = [a.per_cpu_s / b.per_cpu_s for a, b in zip(found[ours], found[other], strict=True)]
    return exp(statistics.fmean(map(log, each))), min(each), max(each)


def table(name: str, found: dict[str, list[Figures]]) -> str:
    """What was found, for people: medians of the rounds, and the ratios with their spread."""
    lines = [
        f"{len(found['raw'])} rounds of {CONNECTIONS} connections on {name}, medians:",
        f"{'client':<9}{'req/s':>9}{'CPU':>7}{'req/CPU-s':>11}{'p50 ms':>9}{'p99 ms':>9}",
    ]
    for client, figures in found.items():
        middle = [
            statistics.median(values)
            for values in zip(
                *((f.rate_rps, f.cpu_share, f.per_cpu_s, f.p50_ms, f.p99_ms) for f in figures), strict=True
            )
        ]
        lines.append("{:<9}{:>9.0f}{:>7.0%}{:>11.0f}{:>9.2f}{:>9.2f}".format(client, *middle))
    lines += [
        "raw / {}: {:.2f} (rounds {:.2f} to {:.2f}) requests per CPU second".format(other, *ratio(found, "raw", other))
        for other in found
        if other != "raw"
    ]
    return "\n".join(lines)


def test_the_raw_driver_is_worth_its_cpu() -> None:
    """The raw driver sends at least half as much as wrk, and eight times as much as aiohttp, for the same CPU time."""
    name, found = compare(ROUNDS, DURATION_S)
    print(f"\n{table(name, found)}")
    assert ratio(found, "raw", "aiohttp")[0] >= 8
    if "wrk" not in found:
        pytest.skip("no wrk on this machine")
    assert ratio(found, "raw", "wrk")[0] >= 0.5


def test_recording_costs_next_to_nothing() -> None:
    """To record a request and to fold it away takes less than 150 ns, and to sort it into a histogram 30."""
    recording_ns, bucketing_ns = recording_cost_ns()
    print(f"\nrecording {recording_ns:.0f} ns a request, bucketing {bucketing_ns:.0f} ns a value")
    assert recording_ns < 150
    assert bucketing_ns < 30


def recording_cost_ns() -> tuple[float, float]:
    """CPU time, the least of some tries: a request recorded and folded in batches of 3,000, and a value bucketed."""
    moments = (np.arange(3_000) * 1e-5).tolist()

    def record() -> None:
        recorder = Recorder(width_s=0.1)
        recorder.open(0.0, 10.0)
        note_sent, note_done = recorder.appends
        for _ in range(30):
            for moment in moments:
                note_sent(moment)
                note_done(moment)
            recorder.fold()

    values = np.random.default_rng(1).lognormal(14, 1, 100_000).astype(np.int64)
    loop_s = _least_s(lambda: [None for _ in range(30) for _ in moments])
    recording_s = _least_s(record) - loop_s
    return 1e9 * recording_s / (30 * len(moments)), 1e9 * _least_s(lambda: Histogram.of(values)) / values.size


def _least_s(action: Callable[[], object]) -> float:
    durations_s = []
    for _ in range(15):
        begun_s = time.process_time()
        action()
        durations_s.append(time.process_time() - begun_s)
    return min(durations_s)


def _on(core: int) -> Sequence[str]:
    available = os.sched_getaffinity(0)
    return ["taskset", "-c", str(core)] if {SERVER_CORE, CLIENT_CORE} <= available else []


def _wait_for(address: Address) -> None:
    deadline_s = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((address.host, address.port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.01)
        else:
            return


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve_bare(int(sys.argv[2]))
    else:
        print(table(*compare(ROUNDS, DURATION_S)))
        print("recording {:.0f} ns a request, bucketing {:.0f} ns a value".format(*recording_cost_ns()))
