"""The cost of each way to a container: a port that the kernel forwards, one that the userland proxy forwards, and a
generator on the containers' network. Run as a script for the figures, or ``pytest -m performance``.

The proxy is Docker's own program ``docker-proxy``, started by hand beside an engine that runs without it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from statistics import median

import pytest

from stackduel.containers.forwarding import forwarding_to
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.launch.local.ports import free_port
from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, Job
from stackduel.load.shards.container_channel import container_engine
from stackduel.model.budget import divide
from stackduel.model.measurement import Expectation
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address
from stackduel.planning.registry import registered_stacks
from stackduel.process.cores import usable_cores
from tests.docker.conftest import run_id
from tests.until import until

STACK = "fastapi-uvicorn"
BLOCKS = 7
DURATION_S = 2.0
Way = tuple[Engine, Address]


@contextmanager
def docker_proxy(target: Address) -> Iterator[Address]:
    """Docker's proxy on a free port of 127.0.0.1, as the engine would start it."""
    port = free_port()
    arguments = [
        "-proto", "tcp", "-host-ip", "127.0.0.1", "-host-port", str(port),
        "-container-ip", target.host, "-container-port", str(target.port),
    ]  # fmt: skip
    # Descriptor 3 is where it tells the engine that it is ready; here nobody listens to that.
    words = ["/bin/sh", "-c", 'exec docker-proxy "$@" 3>/dev/null', "docker-proxy", *arguments]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            assert until(lambda: forwarding_to(port) == "proxy")
            yield Address("127.0.0.1", port)
        finally:
            process.terminate()


@contextmanager
def three_ways() -> Iterator[dict[str, Way]]:
    """One container, and three ways to it."""
    budget, run = divide(usable_cores()), run_id()
    cores = budget.generator[:1]
    one = replace(budget, generator=cores)
    with ExitStack() as held:
        launcher = held.enter_context(ContainerLauncher(budget, run))
        outside = held.enter_context(local_engine(cores, 1))
        inside = held.enter_context(container_engine(launcher.network, one, run, lambda _line: None))
        started = held.enter_context(launcher.start(registered_stacks()[STACK]))
        assert started.inner_address is not None
        yield {
            "kernel": (outside, started.address),
            "proxy": (outside, held.enter_context(docker_proxy(started.inner_address))),
            "inside": (inside, started.inner_address),
        }


def measure(connections: int) -> dict[str, tuple[float, float]]:
    """The medians over interleaved blocks: requests a second and milliseconds a request, by way."""
    found: dict[str, list[tuple[float, float]]] = {}
    load = ClosedLoop(connections, duration_s=DURATION_S, warmup_s=0.3)
    with three_ways() as ways:
        for _ in range(BLOCKS):
            for name, (engine, address) in ways.items():
                part = engine.measure(Job(address, (Call(Workload("/"), Expectation(200)),), load))
                assert part.failed == 0
                figures = (part.succeeded / part.duration_s, part.latency.quantile_ns(0.5) / 1e6)
                found.setdefault(name, []).append(figures)
    return {name: (median(a for a, _ in each), median(b for _, b in each)) for name, each in found.items()}


@pytest.mark.performance
@pytest.mark.docker
def test_a_port_that_the_kernel_forwards_is_as_good_as_the_network_inside() -> None:
    """Without the proxy, loading from outside takes as long as from inside; the proxy takes longer."""
    if shutil.which("docker-proxy") is None:
        pytest.skip("docker-proxy is not on this machine")
    best = {name: milliseconds for name, (_, milliseconds) in measure(1).items()}
    assert best["kernel"] <= 1.25 * best["inside"]
    assert best["proxy"] > best["kernel"]


if __name__ == "__main__":
    for count in (1, 32):
        for way, (rate_rps, p50_ms) in measure(count).items():
            sys.stdout.write(f"{count:3d} connections, {way:7s} {rate_rps:7.0f} req/s, p50 {p50_ms:.2f} ms\n")
