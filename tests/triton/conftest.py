"""One real Triton for the whole session, and the same models in this process to compare it with."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import psutil
import pytest

from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, exchange
from stackduel_servers.core.kserve import HEADER_LENGTH, Tensor, decode_response, encode_request, target
from stackduel_servers.models import sample_inputs
from stackduel_servers.models.build import build
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.model import Model, load
from stackduel_servers.triton.installation import TritonError, locate
from tests.conftest import unavailable
from tests.contract.served import free_port

ROOT = Path(__file__).parents[2]
SHARED_MEMORY = Path("/dev/shm")
READY_WITHIN_S = 60.0
INSTANCES = 2


@dataclass(frozen=True, slots=True)
class Running:
    """A Triton that is ready: where it is, its process, its log."""

    http: Address
    grpc_port: int
    pid: int
    log: Path

    def infer(self, model: str, given: Mapping[str, Tensor], outputs: tuple[str, ...] = ()) -> Mapping[str, Tensor]:
        """Ask a model as any client of HTTP can; raises KServeError."""
        body, length = encode_request(given, outputs)
        connection = http.client.HTTPConnection(self.http.host, self.http.port, timeout=60)
        try:
            connection.request("POST", target(model), body, {HEADER_LENGTH: str(length)})
            response = connection.getresponse()
            answer, found = response.read(), response.getheader(HEADER_LENGTH)
        finally:
            connection.close()
        return decode_response(answer, int(found) if found else None)


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """The models, and a Triton that is installed, or a skip that says what is missing."""
    try:
        locate(os.environ)
    except TritonError as error:
        unavailable("triton", str(error))
    build(tuple(CATALOG), os.environ, lambda _line: None)


@pytest.fixture(scope="session")
def triton(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The real server on both protocols, two instances of each model."""
    log: Path = tmp_path_factory.mktemp("triton") / "triton.log"
    ports = free_port(), free_port()
    command = [
        *(sys.executable, "-m", "stackduel_servers.triton", "--instances", str(INSTANCES)),
        *("--http-port", str(ports[0]), "--grpc-port", str(ports[1])),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    running = Running(Address("127.0.0.1", ports[0]), ports[1], process.pid, log)
    try:
        wait_until_ready(running)
        yield running
    finally:
        process.terminate()
        process.wait(30)


def wait_until_ready(running: Running) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and psutil.pid_exists(running.pid):
        try:
            if exchange(running.http, "/v2/health/ready", timeout_s=2).status == 200:
                return
        except ExchangeError:
            time.sleep(0.05)
    raise AssertionError(f"Triton is not ready:\n{running.log.read_text(errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def model(built: None) -> Callable[[str], Model]:
    """A model in this process, loaded once."""
    return cache(lambda name: load(name, os.environ))


@pytest.fixture(scope="session")
def embedding(model: Callable[[str], Model]) -> Callable[[Tensor], Tensor]:
    """Return what the speaker model says of PCM when it runs in this process."""

    def found(pcm: Tensor) -> Tensor:
        speaker = model("speaker")
        (raw,) = speaker.infer([speaker.prepare(pcm.astype(np.float32) / np.float32(32768))])
        return speaker.finish(raw)["embedding"]

    return found


def clip(samples: int, seed: int = 1) -> Tensor:
    """So much generated sound at 16 kHz as int16."""
    return (sample_inputs.sound(samples, 16_000, seed) * 32767).astype(np.int16)


def segments(pid: int) -> list[str]:
    """The shared memory of a server that is there now."""
    return [path.name for path in SHARED_MEMORY.glob(f"stackduel-{pid}-*")]


def stubs(pid: int) -> list[int]:
    """The processes of Triton's Python backend that belong to a server."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
