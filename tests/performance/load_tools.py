"""Other load tools, each asked for the same thing, and what it says of itself in a form meant for programs.

Their CPU time is what the kernel counted for the process; for those written in a scripting language less what it takes
merely to start them, as an interpreter that imports for a second is no slower under load for it.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from stackduel.load.drivers.request_head import request_headers
from stackduel.model.target import Address
from tests.performance.fast_server import CLIENT_CORE, WORKLOAD, on

CONNECTIONS = 64

WRK_REPORT = """
done = function(summary, latency, requests)
  local errors = 0
  for _, count in pairs(summary.errors) do errors = errors + count end
  io.stderr:write(string.format('{"requests": %d, "duration_s": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, errors))
end
"""

LOCUSTFILE = """
from locust import FastHttpUser, task

class Asker(FastHttpUser):
    @task
    def ask(self):
        self.client.get("{target}", headers={headers})
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """One client's work in one round; times are those that it reports itself."""

    rate_rps: float
    cpu_share: float
    p50_ms: float
    p99_ms: float

    @property
    def per_cpu_s(self) -> float:
        """Requests for a second of the client's CPU."""
        return self.rate_rps / self.cpu_share


Client = Callable[[Address, int], Figures]


def installed(paths: Mapping[str, str | None]) -> dict[str, Client | None]:
    """All tools by name, None where there is none; ``paths`` says where to look for those that are not on the PATH."""
    found: dict[str, Client | None] = {}
    for name, measure in TOOLS.items():
        program = shutil.which(paths.get(name) or name)
        found[name] = None if program is None else _bound(measure, program)
    return found


def _bound(measure: Callable[[str, Address, int, Path], Figures], program: str) -> Client:
    def client(address: Address, duration_s: int) -> Figures:
        with tempfile.TemporaryDirectory() as folder:
            return measure(program, address, duration_s, Path(folder))

    return client


def wrk(program: str, address: Address, duration_s: int, folder: Path) -> Figures:
    """Wrk with one thread; a script of its own hands over the figures."""
    script = folder / "report.lua"
    script.write_text(WRK_REPORT)
    words = [program, "-t1", f"-c{CONNECTIONS}", f"-d{duration_s}s", *_headers(address), f"-s{script}", _url(address)]
    cpu_s = _cpu_s(words, folder)
    report = json.loads((folder / "err").read_text())
    _none_of(report["errors"])
    share = cpu_s / report["duration_s"]
    return Figures(report["requests"] / report["duration_s"], share, report["p50_ms"], report["p99_ms"])


def h2load(program: str, address: Address, duration_s: int, folder: Path) -> Figures:
    """h2load with one thread and HTTP/1.1; it has no percentiles of its own, these are from its log."""
    log = folder / "log"
    words = [program, "--h1", "-t1", f"-c{CONNECTIONS}", f"-D{duration_s}", f"--log-file={log}", *_headers(address)]
    cpu_s = _cpu_s([*words, _url(address)], folder)
    columns = np.loadtxt(log, dtype=np.int64, ndmin=2)
    _none_of(int(np.count_nonzero(columns[:, 1] != WORKLOAD.status)))
    return _of_times(columns[:, 2] / 1e3, cpu_s, duration_s)


def hey(program: str, address: Address, duration_s: int, folder: Path) -> Figures:
    """Hey, with every request in a table; to write that at the end is a part of its CPU time."""
    words = [program, f"-c={CONNECTIONS}", f"-z={duration_s}s", "-o=csv", "-disable-compression"]
    words += [header.replace("-H", "-H=", 1) for header in _headers(address)]
    cpu_s = _cpu_s([*words, _url(address)], folder)
    with (folder / "out").open(newline="") as file:
        rows = list(csv.DictReader(file))
    _none_of(sum(row["status-code"] != str(WORKLOAD.status) for row in rows))
    return _of_times(np.array([float(row["response-time"]) for row in rows]) * 1e3, cpu_s, duration_s)


def locust(program: str, address: Address, duration_s: int, folder: Path) -> Figures:
    """Locust's faster client, as many users as connections; it rounds its times before it counts them."""
    script = folder / "locustfile.py"
    headers = dict(request_headers(address, WORKLOAD))
    script.write_text(LOCUSTFILE.format(target=WORKLOAD.target, headers=headers))
    words = [program, "-f", str(script), "--headless", "--json", "--only-summary", "--host", address.url]
    words += ["-u", str(CONNECTIONS), "-r", str(100 * CONNECTIONS), "-t", f"{duration_s}s"]
    cpu_s = _cpu_s(words, folder) - _start_cpu_s(program)
    (report,) = json.loads((folder / "out").read_text())
    _none_of(report["num_failures"])
    times_ms = np.repeat(
        np.array([float(each) for each in report["response_times"]]), list(report["response_times"].values())
    )
    return _of_times(times_ms, cpu_s, report["last_request_timestamp"] - report["start_time"])


def autocannon(program: str, address: Address, duration_s: int, folder: Path) -> Figures:
    """Autocannon on its one thread."""
    words = [program, f"-c{CONNECTIONS}", f"-d{duration_s}", "--json", "--no-progress"]
    words += [word for name, value in request_headers(address, WORKLOAD) for word in ("-H", f"{name}={value}")]
    cpu_s = _cpu_s([*words, _url(address)], folder) - _start_cpu_s(program)
    report = json.loads((folder / "out").read_text())
    _none_of(report["errors"] + report["timeouts"] + report["non2xx"])
    latency = report["latency"]
    share = cpu_s / report["duration"]
    return Figures(report["requests"]["total"] / report["duration"], share, latency["p50"], latency["p99"])


TOOLS = {each.__name__: each for each in (wrk, h2load, hey, locust, autocannon)}


def _url(address: Address) -> str:
    return address.url + WORKLOAD.target


def _headers(address: Address) -> list[str]:
    return [f"-H{name}: {value}" for name, value in request_headers(address, WORKLOAD) if name != "Host"]


def _of_times(times_ms: np.typing.NDArray[np.float64], cpu_s: float, duration_s: float) -> Figures:
    p50_ms, p99_ms = np.quantile(times_ms, [0.5, 0.99], method="inverted_cdf")
    return Figures(times_ms.size / duration_s, cpu_s / duration_s, float(p50_ms), float(p99_ms))


def _none_of(failures: int) -> None:
    if failures:
        raise ValueError(f"{failures} requests failed")


def _cpu_s(words: Sequence[str], folder: Path) -> float:
    """Run a command on the client's core, its streams in ``out`` and ``err``; the CPU time that it took."""
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen([*on(CLIENT_CORE), *words], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, use = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ValueError(f"{words[0]} ended with {process.returncode}: {(folder / 'err').read_text()[-500:]}")
    return use.ru_utime + use.ru_stime


@cache
def _start_cpu_s(program: str) -> float:
    """Return the cost of starting a tool that only says its version: the least of three."""
    with tempfile.TemporaryDirectory() as folder:
        return min(_cpu_s([program, "--version"], Path(folder)) for _ in range(3))
