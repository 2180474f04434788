"""The registry of stacks: reads and checks ``stacks.toml`` for everything that needs to know a stack."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from stackduel_servers.core.settings import EXECUTIONS, MAX_BATCH, MAX_BATCH_DELAY_MS
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.start_variables import LOOPS, MAX_CONNECTIONS, MAX_THREADS, MAX_WORKERS, VARIABLES
from stackduel_servers.supported import FRAMEWORKS, SERVERS, WEBSOCKET_SERVERS, WITHOUT_WEBSOCKETS

TIERS: tuple[str, ...] = (
    "baseline", "settings", "worker-class", "server", "code", "framework", "rewrite", "service", "control",
)  # fmt: skip
PROFILES = ("classic", "controls", "extended", "inference", "service", "triton", "local")
# The HTTP contracts: that of the endpoints which wait, serialise and run models, that of the music service, and that of
# the endpoints which need a database.
CONTRACTS = ("sandbox", "music", "database")
# The ways of inference with their own threads, as many as the budget has CPUs.
POOLED = ("executor", "batched")
PLATFORMS = ("linux", "darwin", "win32")
HOLDS = ("thread", "connection", "worker", "nothing")

# Servers that run beside a stack and do part of its work.
COMPANIONS = ("triton",)
# Each protocol with the path that answers 200 when the server is ready; over HTTP/2 the server's greeting says so.
PROTOCOLS: Mapping[str, str | None] = {"stackduel": "/health", "kserve": "/v2/health/ready", "kserve-grpc": None}

STACKS_TOML = Path(__file__).with_name("stacks.toml")
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class RegistryError(ValueError):
    """The registry is invalid; the message names the stack, the field and its bounds."""


@dataclass(frozen=True, slots=True)
class StackEntry:
    """One stack: a framework, a server, and the settings they are compared with."""

    name: str  # flask-gthread: lower case; the key of its table in stacks.toml
    summary: str  # "The same Quart app on Uvicorn": a line for tables and the list of stacks
    framework: str  # flask: a name in supported.FRAMEWORKS
    app: str  # stackduel_servers.apps.flask_app:app: the module and the application in it
    server: str  # gunicorn: a name in supported.SERVERS
    port: int  # 8012: its port in compose and serve; no other stack may have it
    tier: str  # settings: the cost of a move there from the baseline, one of TIERS; control: a mistake shown on purpose
    profile: str  # controls: its group in the compose file, one of PROFILES; local has no service there
    workers: int | Literal["cpu", "2cpu+1"]  # 4; "cpu" is one for each CPU of the budget, "2cpu+1" two and one more
    holds: str  # thread: what a waiting request occupies, one of HOLDS; nothing: only memory limits how many can wait
    requirements: str  # flask: the file servers/requirements/flask.txt, which its image installs
    worker_class: str | None = None  # gthread: one of the server's, None if it has none
    threads: int = 1  # 256: for each worker
    connections: int | None = None  # 2048: most requests at once in each worker; None if the server has no limit
    loop: str | None = None  # uvloop: the event loop, one of LOOPS
    access_log: bool = False  # whether it writes a line for each request; costs some servers a third of their rate
    own_errors: bool = False  # whether the framework writes the bodies of its 400s
    platforms: tuple[str, ...] = PLATFORMS  # ["linux", "darwin"]: the systems that it runs on
    inference: str = "inline"  # executor: where its models run (see core.settings.Settings)
    batch_size: int | None = None  # 4: most requests in a batch; only with inference = "batched"
    batch_delay_ms: float | None = None  # 2.0: how long a batch waits for more requests; only with "batched"
    companion: str | None = None  # triton: a server that must run beside it, one of COMPANIONS
    contract: str = "sandbox"  # music: the endpoints that it has, one of CONTRACTS
    protocol: str = "stackduel"  # kserve: the protocol of its models' calls, one of PROTOCOLS
    settings: Mapping[str, str] = field(default_factory=dict)  # {BACKLOG = "4096"}: other variables of its start

    @property
    def keeps_connections(self) -> bool:
        """Return whether a connection stays open after its answer; Gunicorn's sync workers close each one."""
        return self.worker_class != "sync"

    @property
    def has_websockets(self) -> bool:
        """Return whether it has the endpoints below ``/ws/``; WSGI has no WebSockets."""
        is_capable = (self.worker_class or self.server) in WEBSOCKET_SERVERS
        return is_capable and self.framework not in WITHOUT_WEBSOCKETS and self.contract == "sandbox"

    @property
    def health(self) -> str | None:
        """Return the path that answers 200 when the server is ready; None if HTTP/2's greeting says so."""
        return PROTOCOLS[self.protocol]

    def worker_count(self, cpus: int) -> int:
        """Return the number of workers on a budget of ``cpus`` CPUs."""
        if isinstance(self.workers, int):
            return self.workers
        return cpus if self.workers == "cpu" else 2 * cpus + 1

    def waiting_slots(self, workers: int, threads: int | None = None, connections: int | None = None) -> int | None:
        """Return how many requests ``workers`` workers can hold waiting at once, None if only memory limits them.

        ``threads`` and ``connections`` replace the entry's own where a run overrides them.
        """
        match self.holds:
            case "thread":
                return workers * (threads or self.threads)
            case "connection":
                return workers * (connections or self.connections or 1)
            case "worker":
                return workers
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Registry:
    """Every stack by name, in the file's order, and the port of the IO backend."""

    downstream_port: int
    entries: Mapping[str, StackEntry]


def load_registry(path: Path | None = None) -> Registry:
    """Read the registry from ``path`` or from the one beside this file; raises RegistryError."""
    return parse_registry((path or STACKS_TOML).read_text(encoding="utf-8"))


def parse_registry(text: str) -> Registry:
    """Check a registry's text; raises RegistryError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"the registry is not valid TOML: {error}") from error
    _refuse_unknown("the registry", document, ("downstream", "stacks"))
    downstream, stacks = (_table("the registry", document, name) for name in ("downstream", "stacks"))
    _refuse_unknown("downstream", downstream, ("port",))
    port = _checked("downstream", "port", downstream.get("port"))
    entries = {name: _entry(name, _table("stacks", stacks, name)) for name in stacks}
    _refuse_doubled_ports(port, entries)
    return Registry(port, entries)


def _entry(name: str, table: Mapping[str, Any]) -> StackEntry:
    where = f"stack {name}"
    if not NAME.fullmatch(name):
        raise RegistryError(f"{where}: the name must be lower case letters, digits and '-', at most 40, a letter first")
    known = {each.name: each for each in fields(StackEntry) if each.name != "name"}
    _refuse_unknown(where, table, tuple(known))
    required = (key for key, each in known.items() if each.default is MISSING and each.default_factory is MISSING)
    missing = [key for key in required if key not in table]
    if missing:
        raise RegistryError(f"{where}: {missing[0]} is missing")
    entry = StackEntry(name=name, **{key: _checked(where, key, value) for key, value in table.items()})
    _refuse_contradictions(where, entry)
    _refuse_bad_settings(where, entry.settings)
    return entry


def _refuse_contradictions(where: str, entry: StackEntry) -> None:
    classes = SERVERS[entry.server].worker_classes
    if entry.worker_class not in (classes or (None,)):
        bound = _one_of(classes) if classes else "left out"
        raise RegistryError(f"{where}: worker_class must be {bound} on {entry.server}")
    if entry.server == "gunicorn" and "win32" in entry.platforms:
        raise RegistryError(f"{where}: platforms must not hold win32, where gunicorn does not exist")
    if entry.threads != 1 and entry.holds != "thread":
        raise RegistryError(f"{where}: threads must be 1 unless holds is thread")
    if entry.connections is None and entry.holds == "connection":
        raise RegistryError(f"{where}: connections is missing, which holds = connection needs")
    if entry.connections is not None and entry.connections <= entry.threads:
        raise RegistryError(f"{where}: connections must be more than threads, or none could be kept alive")
    _refuse_contradicting_inference(where, entry)


def _refuse_contradicting_inference(where: str, entry: StackEntry) -> None:
    if entry.inference == "batched" and entry.batch_size is None:
        raise RegistryError(f"{where}: batch_size is missing, which inference = batched needs")
    for key in ("batch_size", "batch_delay_ms"):
        if entry.inference != "batched" and getattr(entry, key) is not None:
            raise RegistryError(f"{where}: {key} must be left out unless inference is batched")
    if entry.inference in POOLED and entry.workers != 1:
        raise RegistryError(f"{where}: workers must be 1 where inference is {entry.inference}: its pool has the CPUs")
    if entry.inference in POOLED and entry.worker_class == "gevent":
        raise RegistryError(f"{where}: inference must be inline under gevent, which has no threads")
    if entry.inference == "triton" and entry.companion != "triton":
        raise RegistryError(f"{where}: companion must be triton where inference is triton")


def _refuse_bad_settings(where: str, settings: Mapping[str, str]) -> None:
    for name in settings:
        if name not in VARIABLES:
            raise RegistryError(f"{where}: settings: {name} is unknown (known: {', '.join(VARIABLES)})")
        try:
            VARIABLES[name].read(settings)
        except SettingsError as error:
            raise RegistryError(f"{where}: settings: {error}") from error


def _refuse_doubled_ports(downstream_port: int, entries: Mapping[str, StackEntry]) -> None:
    taken = {downstream_port: "the downstream"}
    for name, entry in entries.items():
        if entry.port in taken:
            raise RegistryError(f"stack {name}: port {entry.port} is already that of {taken[entry.port]}")
        taken[entry.port] = f"stack {name}"


def _refuse_unknown(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise RegistryError(f"{where}: {key} is unknown (known: {', '.join(known)})")


def _table(where: str, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name)
    if not isinstance(table, dict):
        raise RegistryError(f"{where}: {name} must be a table")
    return table


def _checked(where: str, key: str, value: Any) -> Any:
    accepts, bound = _CHECKS[key]
    if not accepts(value):
        raise RegistryError(f"{where}: {key} must be {bound}, not {value!r}")
    return tuple(value) if isinstance(value, list) else value


def _one_of(choices: tuple[str, ...]) -> str:
    return f"one of {', '.join(choices)}"


_Check = tuple[Callable[[Any], bool], str]


def _integer(low: int, high: int) -> _Check:
    return lambda value: type(value) is int and low <= value <= high, f"an integer from {low} to {high}"


def _choice(choices: tuple[str, ...]) -> _Check:
    return lambda value: value in choices, _one_of(choices)


def _text(pattern: str, described: str) -> _Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None, described


_WORKERS, _WORKERS_BOUND = _integer(1, MAX_WORKERS)
_FLAG: _Check = (lambda value: isinstance(value, bool), "true or false")

_CHECKS: Mapping[str, _Check] = {
    "summary": _text(r"\S.{0,119}", "a text of 1 to 120 characters"),
    "framework": _choice(FRAMEWORKS),
    "app": _text(r"stackduel_servers\.(apps|models\.triton)\.[a-z0-9_]+:[a-z_]+", "stackduel_servers.apps.MODULE:NAME"),
    "server": _choice(tuple(SERVERS)),
    "port": _integer(1, 65_535),
    "tier": _choice(TIERS),
    "profile": _choice(PROFILES),
    "workers": (lambda value: value in {"cpu", "2cpu+1"} or _WORKERS(value), f"{_WORKERS_BOUND}, cpu or 2cpu+1"),
    "holds": _choice(HOLDS),
    "requirements": _text(r"[a-z][a-z-]{0,39}", "the stem of a file in servers/requirements"),
    "worker_class": _choice(tuple(name for server in SERVERS.values() for name in server.worker_classes)),
    "threads": _integer(1, MAX_THREADS),
    "connections": _integer(1, MAX_CONNECTIONS),
    "loop": _choice(LOOPS),
    "inference": _choice(EXECUTIONS),
    "batch_size": _integer(1, MAX_BATCH),
    "batch_delay_ms": (
        lambda value: type(value) in {int, float} and 0 <= value <= MAX_BATCH_DELAY_MS,
        f"a number from 0 to {MAX_BATCH_DELAY_MS}",
    ),
    "companion": _choice(COMPANIONS),
    "contract": _choice(CONTRACTS),
    "protocol": _choice(tuple(PROTOCOLS)),
    "access_log": _FLAG,
    "own_errors": _FLAG,
    "platforms": (
        lambda value: isinstance(value, list) and bool(value) and all(name in PLATFORMS for name in value),
        f"a list of {', '.join(PLATFORMS)}",
    ),
    "settings": (
        lambda value: isinstance(value, dict) and all(isinstance(each, str) and each for each in value.values()),
        'a table of VARIABLE = "value"',
    ),
}
