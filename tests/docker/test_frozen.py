"""A real engine that stops answering, as one that is paused does: a run ends within half a minute."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docker import DockerClient

from stackduel.containers.ownership import remove_run
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.budget import Budget
from stackduel.model.errors import LaunchError, SandboxError
from stackduel.model.lost_part import LostPart
from stackduel.model.stack import Stack
from stackduel.runner.sandbox import Sandbox
from tests.docker.conftest import run_id

pytestmark = pytest.mark.docker

ENGINE = "/var/run/docker.sock"
ENDED_WITHIN_S = 30.0


class FreezingProxy:
    """Hands on what a client and the engine say to each other, until it is frozen."""

    def __init__(self, path: Path) -> None:
        self.flowing = threading.Event()
        self.flowing.set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(100)
        self._sockets = [self._listener]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                engine = socket.socket(socket.AF_UNIX)
                self._sockets += [client, engine]
                engine.connect(ENGINE)
                self._start(self._hand_on, client, engine)
                self._start(self._hand_on, engine, client)

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := source.recv(65_536):
                self.flowing.wait()
                target.sendall(said)
            target.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.flowing.set()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in self._sockets:
            each.close()


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: DockerClient) -> Iterator[FreezingProxy]:
    if os.environ.get("DOCKER_HOST") or not Path(ENGINE).exists():
        pytest.skip(f"the engine does not listen on {ENGINE}")
    assert client.ping()
    made = FreezingProxy(tmp_path / "d.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'd.sock'}")
    yield made
    made.close()


@pytest.fixture
def run(client: DockerClient, proxy: FreezingProxy) -> Iterator[str]:
    """The id of a run whose containers and network are removed at the end, by the engine itself."""
    made = run_id()
    yield made
    proxy.flowing.set()
    remove_run(client, made)


def test_a_frozen_engine_is_named_and_ends_the_run(
    proxy: FreezingProxy, run: str, budget: Budget, stacks: dict[str, Stack]
) -> None:
    """The engine itself is told as lost, nothing is started again, and taking everything down is soon over."""
    said: list[str] = []
    frozen_s = math.inf
    with ContainerLauncher(budget, run, said.append) as launcher:
        sandbox = Sandbox(launcher)
        sandbox.restore()
        # The stack cannot be stopped in the end; that it cannot be started would be another failure.
        with contextlib.suppress(LaunchError), launcher.start(stacks["fastapi-uvicorn"]) as started:
            frozen_s = time.monotonic()
            proxy.flowing.clear()
            assert started.failure() is not None
            assert sandbox.lost(started) == LostPart("the Docker engine", "does not answer")
            with pytest.raises(SandboxError, match="the Docker engine does not answer; nothing can be started"):
                sandbox.restore()
        assert frozen_s < math.inf, f"the stack did not start: {said}"
    assert time.monotonic() - frozen_s < ENDED_WITHIN_S
    assert "stackduel clean removes what this run left" in said[-1]
