"""Shards in containers on the stacks' network: the way to load without this machine's published ports."""

from __future__ import annotations

import json
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any

from docker import DockerClient
from docker.models.containers import Container
from docker.types import EndpointConfig

from stackduel.containers.confinement import OWN_IMAGE, in_engine_cores
from stackduel.containers.engine import ENGINE_ERRORS, connect, describe
from stackduel.containers.images import SayLine, ensure_image
from stackduel.containers.ownership import discard, labels
from stackduel.containers.recipes import generator_recipe
from stackduel.load.engine import Engine
from stackduel.load.shards.channels import END_WITHIN_S, TAIL_LINES, WORKER, Deliver, Program, ShardMessage, encode
from stackduel.model.budget import Budget
from stackduel.model.target import ContainerRef, Subject
from stackduel.process.endings import how_it_ended

FRAME_HEAD = struct.Struct(">BxxxL")
STDOUT = 1
READ_BYTES = 65_536


@contextmanager
def container_engine(network: str, budget: Budget, run_id: str, say: SayLine) -> Iterator[Engine]:
    """Return a load engine with one shard on each of the generator's cores, in containers of the run on that network.

    Raises LaunchError when no engine answers or the image cannot be built.
    """
    with container_factory(network, budget, run_id, say) as factory:
        channels = [ContainerChannel(factory, (core,)) for core in factory.budget.generator]
        with Engine(channels) as engine:
            yield engine


@dataclass(frozen=True, slots=True)
class ContainerFactory:
    """Makes the containers of a run's shards, from one image on one network.

    ``budget`` divides the cores of the machine in which containers run: this one, or Docker Desktop's virtual one.
    """

    client: DockerClient
    image: str
    network: str
    run_id: str
    same_clock: bool
    budget: Budget

    def create(self, cores: Sequence[int], program: Program, alias: str | None) -> Container:
        """Create the container of a shard or another program, not yet started; ``alias`` is its name on the network."""
        confinement: dict[str, Any] = {**OWN_IMAGE, "log_config": {"type": "none"}}
        names = EndpointConfig(self.client.api.api_version, [alias] if alias else None)
        return self.client.containers.create(
            self.image,
            ["python", "-m", *program, *(word for core in cores for word in ("--core", str(core)))],
            # The program's stdin ends with our connection, so even a killed runner leaves no container behind.
            stdin_open=True,
            environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            labels=labels(self.run_id),
            network=self.network,
            networking_config={self.network: names},
            cpuset_cpus=",".join(map(str, cores)),
            **confinement,
        )


@contextmanager
def container_factory(network: str, budget: Budget, run_id: str, say: SayLine) -> Iterator[ContainerFactory]:
    """Yield a run's factory on that network; raises LaunchError when no engine answers or the image cannot be built."""
    with closing(connect()) as client:
        facts = describe(client)
        yield ContainerFactory(
            client=client,
            image=ensure_image(client, generator_recipe(), say),
            network=network,
            run_id=run_id,
            # Docker Desktop's containers run on the kernel, and so by the clock, of a virtual machine.
            same_clock=sys.platform == "linux" and not facts.desktop,
            budget=in_engine_cores(budget, facts),
        )


class ContainerChannel:
    """A shard, or another program of ours, in a container, connected through the engine's attached streams."""

    def __init__(
        self, factory: ContainerFactory, cores: Sequence[int], program: Program = WORKER, alias: str | None = None
    ) -> None:
        self.same_clock = factory.same_clock
        self._factory = factory
        self._cores = tuple(cores)
        self._program = program
        self._alias = alias
        self._container: Container | None = None
        self._stream = ExitStack()
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._threads: list[Thread] = []

    @property
    def subject(self) -> Subject | None:
        """Its container; None before it starts and after it is removed."""
        return ContainerRef(str(self._container.id)) if self._container else None

    def open(self, deliver: Deliver) -> None:
        """Start the container; raises OSError if that is not possible."""
        self.close()
        try:
            self._container = self._factory.create(self._cores, self._program, self._alias)
            stream = self._stream.enter_context(attached(self._factory.client, self._container))
            self._container.start()
        except ENGINE_ERRORS as error:
            self.close()
            raise OSError(str(error)) from error
        self._outbox = SimpleQueue()
        self._tail.clear()
        self._threads = [
            Thread(target=_write, args=(stream, self._outbox), daemon=True),
            Thread(target=deliver_events, args=(stream, deliver, self._tail), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: ShardMessage) -> None:
        """Send a message without waiting."""
        self._outbox.put(encode(message))

    def alive(self) -> bool:
        """Return whether the container runs: its streams end with it."""
        return bool(self._threads) and self._threads[-1].is_alive()

    def ending(self) -> str:
        """Return how the container ended, as far as its engine tells."""
        with suppress(*ENGINE_ERRORS):
            if self._container is not None:
                self._container.reload()
                return how_it_ended(int(self._container.attrs["State"]["ExitCode"]))
        return "ended"

    def stderr_tail(self) -> str:
        """Return the last lines that the shard wrote to stderr."""
        return "\n".join(self._tail)

    def close(self) -> None:
        """Remove the container, which ends its streams; raises LaunchError when the engine is gone."""
        container, self._container = self._container, None
        threads, self._threads = self._threads, []
        try:
            if container is not None:
                discard(container)
        finally:
            self._outbox.put(None)
            for thread in threads:
                thread.join(END_WITHIN_S)
            self._stream.close()


@contextmanager
def attached(client: DockerClient, container: Container) -> Iterator[socket.socket]:
    """Return the container's streams: sent bytes go to its stdin, received frames hold its stdout and stderr."""
    streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    reader = client.api.attach_socket(str(container.id), params=streams)
    # The SDK may return a read-only wrapper of the socket; both directions are needed.
    stream: socket.socket = getattr(reader, "_sock", reader)
    try:
        stream.settimeout(None)
        yield stream
    finally:
        stream.close()
        reader.close()


def _write(stream: socket.socket, outbox: SimpleQueue[bytes | None]) -> None:
    with suppress(OSError):  # the container ended, which ends its events, too
        while (line := outbox.get()) is not None:
            stream.sendall(line)


def deliver_events(stream: socket.socket, deliver: Deliver, tail: deque[str]) -> None:
    """Read frames to the end: deliver each line of stdout as an event, keep those of stderr, then deliver None."""

    def event(line: bytes) -> None:
        deliver(json.loads(line))

    def word(line: bytes) -> None:
        tail.append(line.decode(errors="replace").rstrip())

    events, words = _Lines(event), _Lines(word)
    with suppress(OSError):
        for kind, chunk in frames(stream.recv):
            (events if kind == STDOUT else words).feed(chunk)
    deliver(None)


class _Lines:
    """Joins the pieces of a stream into lines."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._begun: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        first, *rest = chunk.split(b"\n")
        self._begun.append(first)
        for piece in rest:
            self._take(b"".join(self._begun))
            self._begun = [piece]


def frames(receive: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the engine's frames, (stream number, bytes), until the end, which may also be a frame that is cut off."""
    while head := _exactly(receive, FRAME_HEAD.size):
        kind, length = FRAME_HEAD.unpack(head)
        content = _exactly(receive, length)
        if content is None:
            return
        yield kind, content


def _exactly(receive: Callable[[int], bytes], length: int) -> bytes | None:
    pieces = []
    while length:
        piece = receive(min(length, READ_BYTES))
        if not piece:
            return None
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)
