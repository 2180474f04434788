"""The user's own application as its interpreter knows it: what it is, and which servers could serve it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

Interface = Literal["wsgi", "asgi"]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter of the user's: its path, its version such as ``3.12.1``, and the ABI that its wheels must have.

    ``chosen_by`` says in a few words why it is this one.
    """

    path: PurePath
    version: str
    abi: str
    chosen_by: str


@dataclass(frozen=True, slots=True)
class ApplicationName:
    """Where a server finds an application: ``module:name``, or ``module:name()`` where ``name`` makes one.

    ``name`` is empty if the user named the module alone.
    """

    module: str
    name: str = ""
    called: bool = False

    def __str__(self) -> str:
        """Return it as a server's command line has it."""
        return f"{self.module}:{self.name}{'()' if self.called else ''}" if self.name else self.module


@dataclass(frozen=True, slots=True)
class ImportableServer:
    """A server that an interpreter can import: its version, and its worker classes if it has any."""

    version: str | None
    worker_classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationRoute:
    """A route as the framework has it: its path with ``{name}`` for each parameter that it needs, and its methods.

    ``headers`` are those that it needs; ``of_framework`` says that it is a page of the framework's own, such as /docs.
    """

    path: str
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    of_framework: bool = False


@dataclass(frozen=True, slots=True)
class ServerLayer:
    """A server that lies beside the user's environment, in a folder whose packages come after all of the user's.

    ``start`` are the words that start it so, in place of its program; none where it is not installed yet.
    ``requirements`` are what pip installs to have it in the environment itself: ``gunicorn==27.0.1``.
    """

    start: tuple[str, ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """The findings of the probe: ``framework`` is None if nothing says it, ``handlers`` where they cannot be counted.

    ``file`` is that of the module, ``folder`` where the servers are to be started, as the application was imported.
    ``routes`` is empty where they cannot be read. ``host`` is what requests must name, None for any name.
    ``layers`` are those of the ``servers`` that lie beside the environment, by the server and its worker class.
    """

    name: ApplicationName
    interface: Interface
    interpreter: Interpreter
    servers: Mapping[str, ImportableServer]
    folder: PurePath
    framework: str | None = None
    framework_version: str | None = None
    handlers: int | None = None
    coroutines: int | None = None
    file: str | None = None
    routes: tuple[ApplicationRoute, ...] = ()
    host: str | None = None
    layers: Mapping[tuple[str, str | None], ServerLayer] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its framework and interface, as ``Flask 3.1.0, WSGI``."""
        framework = " ".join(filter(None, (self.framework, self.framework_version)))
        return f"{framework}, {self.interface.upper()}" if framework else self.interface.upper()

    @property
    def sentence(self) -> str:
        """All that was found, in a line."""
        handlers = f"; {self._handlers}" if self.handlers is not None else ""
        servers = ", ".join(f"{name} {each.version or ''}".strip() for name, each in self.servers.items())
        python = f"Python {self.interpreter.version}"
        return f"{self.name}: {self.kind}, {python}{handlers}. Servers: {servers or 'none'}."

    @property
    def _handlers(self) -> str:
        if self.handlers == 1:
            return "its one handler is a coroutine" if self.coroutines else "its one handler is no coroutine"
        are = "is a coroutine" if self.coroutines == 1 else "are coroutines"
        return f"{self.coroutines} of {self.handlers} handlers {are}"


@dataclass(frozen=True, slots=True)
class CurrentCommand:
    """The command that starts the application today, with its variables, and where it was read.

    ``argv`` has ``{host}`` and ``{port}`` where it says what to listen on, and none of ``left_out``: options that
    make sense only where it runs today.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    origin: str
    left_out: tuple[str, ...] = ()
