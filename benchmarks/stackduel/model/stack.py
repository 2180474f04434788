"""The stacks that can be compared: what they are, and those of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from stackduel.model.stack_facts import StackFacts
from stackduel.model.target import Address
from stackduel_servers.registry import POOLED, StackEntry


@dataclass(frozen=True, slots=True)
class Registered:
    """A stack of ours, with its settings from servers/stackduel_servers/stacks.toml."""

    entry: StackEntry


@dataclass(frozen=True, slots=True)
class Command:
    """The user's own server as a command; ``{port}`` and ``{host}`` in it are filled in when it starts."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: PurePath


@dataclass(frozen=True, slots=True)
class Image:
    """The user's own container image, listening on ``port`` inside."""

    reference: str
    port: int
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Url:
    """A server that somebody else runs."""

    address: Address


StackSource = Registered | Command | Image | Url


@dataclass(frozen=True, slots=True)
class Stack:
    """A framework, a server and their settings: one side of a comparison.

    ``health`` is the path that answers 200 once it is ready; None where HTTP/2's greeting says so. ``protocol`` is how
    it is asked for models.
    """

    name: str
    tier: str
    summary: str
    source: StackSource
    health: str | None = "/health"
    protocol: ModelProtocol = "stackduel"

    @property
    def is_control(self) -> bool:
        """Whether it is one of the wrong migrations, which may fail without failing the run."""
        return self.tier == "control"

    def facts(self, cores: int) -> StackFacts:
        """Return what stands beside every figure of this stack: server, workers (on so many cores), threads."""
        match self.source:
            case Registered(entry):
                return StackFacts(
                    self.tier,
                    self.summary,
                    framework=entry.framework,
                    app=entry.app,
                    server=entry.server,
                    worker_class=entry.worker_class,
                    workers=entry.workers,
                    worker_count=entry.worker_count(cores),
                    threads=entry.threads,
                    connections=entry.connections,
                    loop=entry.loop,
                    access_log=entry.access_log,
                    inference=entry.inference,
                    pool=cores if entry.inference in POOLED else None,
                    batch_size=entry.batch_size,
                    companion=entry.companion,
                )
            case Command(argv):
                return StackFacts(self.tier, self.summary, command=argv)
            case Image(reference, port):
                return StackFacts(self.tier, self.summary, image=reference, container_port=port)
            case Url(address):
                return StackFacts(self.tier, self.summary, url=address.url)


ModelProtocol = Literal["stackduel", "kserve", "kserve-grpc"]
