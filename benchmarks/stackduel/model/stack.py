"""The stacks that can be compared: what they are, and those of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal

from stackduel.model.proxy import Proxy
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Workload
from stackduel.model.target import USUAL_TRUST, Address, Trust
from stackduel_servers.options import Options, resolve
from stackduel_servers.registry import StackEntry
from stackduel_servers.start_variables import WORKER_TIMEOUT_S

LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True)
class Registered:
    """A stack of ours, with its settings from servers/stackduel_servers/stacks.toml.

    ``settings`` are variables of its start that replace the registry's. Locally it runs on ``python``, stackduel's own
    if that is None, in a container on what ``base_image`` has, None for that of its Dockerfile.
    """

    entry: StackEntry
    settings: Mapping[str, str] = field(default_factory=dict)
    python: PurePath | None = None
    base_image: str | None = None

    def unhurried(self) -> Registered:
        """Return it without the time after which a worker counts as hung: its answers are the same."""
        if WORKER_TIMEOUT_S.name not in {**self.entry.settings, **self.settings}:
            return self
        return replace(self, settings={**self.settings, WORKER_TIMEOUT_S.name: "0"})

    def options(self, cores: int) -> Options:
        """Return its settings in force on so many cores; raises SettingsError."""
        return resolve(self.entry, {**self.settings, "CPUS": str(cores)}, has_uvloop=True)

    def facts(self, tier: str, summary: str, cores: int) -> StackFacts:
        """Return what stands beside every figure of this stack."""
        entry, options = self.entry, self.options(cores)
        workers = self.settings.get("WORKERS") or entry.settings.get("WORKERS")
        return StackFacts(
            tier,
            summary,
            framework=entry.framework,
            app=entry.app,
            server=entry.server,
            worker_class=entry.worker_class,
            workers=options.workers if workers else entry.workers,
            worker_count=options.workers,
            threads=options.threads,
            connections=options.connections,
            loop=options.loop,
            access_log=options.access_log,
            inference=options.inference,
            pool=options.pool,
            batch_size=options.batch_size,
            companion=entry.companion,
            settings={**entry.settings, **self.settings} or None,
        )


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the user's: ``{port}`` and ``{host}`` in its words and in ``env`` are filled in when it starts.

    It runs in ``folder``. The folder of ``python`` comes first where the command is looked for. With ``{socket}`` in it
    it listens on a unix socket instead of a port. ``started_as`` are the words that are run here in place of ``argv``,
    which the user could run once ``requirements`` are installed; both are empty where ``argv`` runs as it is.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: PurePath
    python: PurePath | None = None
    started_as: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are run."""
        return self.started_as or self.argv

    @property
    def uses_socket(self) -> bool:
        """Whether it listens on a unix socket."""
        return any("{socket}" in text for text in (*self.argv, *self.env.values()))


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
class OwnCompanion:
    """A server that the user's stacks need, such as a database: started before them, and not measured as part of them.

    It is ready once ``health`` answers 2xx, or the command ``ready`` ends well; without either, once it takes
    connections. ``{NAME.host}`` and ``{NAME.port}`` in a stack's command and ``env`` are its address.
    """

    name: str
    source: Command | Image
    health: str | None = None
    ready: tuple[str, ...] = ()
    start_s: float = 60.0


@dataclass(frozen=True, slots=True)
class OwnSlots:
    """How many requests a user's own stack can hold at once, None for as many as come, and where that is known from.

    ``workers`` and ``threads`` are those that its command line names.
    """

    slots: int | None
    known_from: str
    workers: int | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """A framework, a server and their settings: one side of a comparison.

    ``health`` is the path that answers 2xx once it is ready; None where HTTP/2's greeting says so. If the path is only
    ``assumed`` and the server refuses it, ``fallback`` is asked instead. ``start_s`` is how long it may take to get
    ready, None for as long as the launcher allows. ``protocol`` is how it is asked for models. ``host`` is the
    ``Host`` header that the user wants its requests to have. ``reset`` is run before each start. ``contract`` is the
    HTTP contract that a stack of the user's says it keeps; the registry says it of its own. ``tls`` says that what we
    start speaks it, and ``trust`` whose certificates are believed. ``companions`` are started before it.
    ``interpreter`` is the label of the one that was chosen for it, None for that which it has by itself. It runs on the
    first ``cores`` of those that the budget gives to servers, None for all of them. ``proxy`` stands in front of it.
    """

    name: str
    tier: str
    summary: str
    source: StackSource
    health: str | None = "/health"
    protocol: ModelProtocol = "stackduel"
    assumed: bool = False
    fallback: Workload | None = None
    start_s: float | None = None
    reset: Command | None = None
    host: str | None = None
    slots: OwnSlots | None = None
    contract: str | None = None
    tls: bool = False
    trust: Trust = USUAL_TRUST
    companions: tuple[OwnCompanion, ...] = ()
    interpreter: str | None = None
    cores: int | None = None
    proxy: Proxy | None = None

    @property
    def asked(self) -> Address:
        """How its requests are made, wherever it will listen: TLS or not, and the ``Host`` header."""
        tls = self.source.address.tls if isinstance(self.source, Url) else self.tls
        return Address("", 0, tls, self.authority, self.trust)

    @property
    def authority(self) -> str:
        """The ``Host`` header of requests to it; empty for that of its URL.

        Whatever we start is called localhost, so that an application that repeats its name answers as any other.
        """
        return self.host or ("" if isinstance(self.source, Url) else LOCALHOST)

    @property
    def unhurried(self) -> Stack:
        """The stack as its answers are verified: no worker is killed because an answer takes long."""
        return replace(self, source=self.source.unhurried()) if isinstance(self.source, Registered) else self

    @property
    def is_control(self) -> bool:
        """Whether it is one of the wrong migrations, which may fail without failing the run."""
        return self.tier == "control"

    def facts(self, cores: int) -> StackFacts:
        """Return what stands beside every figure of this stack: server, workers (on so many cores), threads."""
        match self.source:
            case Registered() as registered:
                return registered.facts(self.tier, self.summary, cores)
            case Command(argv) as command:
                requirements = command.requirements or None
                return self._with_slots(StackFacts(self.tier, self.summary, command=argv, requirements=requirements))
            case Image(reference, port):
                return self._with_slots(StackFacts(self.tier, self.summary, image=reference, container_port=port))
            case Url(address):
                return self._with_slots(StackFacts(self.tier, self.summary, url=address.url))

    def _with_slots(self, facts: StackFacts) -> StackFacts:
        own = self.slots
        if own is None:
            return facts
        return replace(
            facts,
            waiting_slots=own.slots,
            slots_from=own.known_from,
            worker_count=own.workers,
            threads=own.threads,
        )


ModelProtocol = Literal["stackduel", "kserve", "kserve-grpc"]
