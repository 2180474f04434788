"""Where a started stack is: its address, and what of the machine is its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates are believed over TLS: of ``authorities`` (PEM) alone, of the system's without any.

    Anybody's unless they are to be ``verified``.
    """

    authorities: str = ""
    verified: bool = True


USUAL_TRUST = Trust()


@dataclass(frozen=True, slots=True)
class Address:
    """Where requests go: ``host`` and ``port``, over TLS or not, or the path of a unix ``socket``.

    ``authority`` is the ``Host`` header of every request, where it is another than that of the URL: all stacks that
    we start are asked for the same, though each has a port of its own.
    """

    host: str
    port: int
    tls: bool = False
    authority: str = ""
    trust: Trust = USUAL_TRUST
    socket: str = ""

    @property
    def host_header(self) -> str:
        """The ``Host`` header of requests to it; a port that goes without saying is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.socket or self.port == (443 if self.tls else 80)
        own = host if usual else f"{host}:{self.port}"
        return self.authority or own

    @property
    def url(self) -> str:
        """The address as a URL without a path; of a unix socket as ``unix:/run/app.sock``."""
        return f"unix:{self.socket}" if self.socket else self.base

    @property
    def base(self) -> str:
        """The scheme, the host and the port that a request's URL begins with; of a unix socket any host will do."""
        if self.socket:
            return "http://localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ProcessTree:
    """A process of this machine and all its descendants."""

    pid: int


@dataclass(frozen=True, slots=True)
class ContainerRef:
    """A container of the engine that the Docker SDK reaches."""

    container_id: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Nothing here that could be observed: the stack runs on another machine, or under another's care."""


@dataclass(frozen=True, slots=True)
class Several:
    """A stack of several servers, such as one that calls another: what they use is the stack's together."""

    parts: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """A server with a proxy in front of it: what the proxy uses is not the stack's."""

    server: Subject
    proxy: Subject


Subject = ProcessTree | ContainerRef | Elsewhere | Several | Behind


def parts_of(subject: Subject) -> tuple[Subject, ...]:
    """Return the parts of a subject: itself, unless it has several."""
    if isinstance(subject, Several):
        return tuple(part for each in subject.parts for part in parts_of(each))
    if isinstance(subject, Behind):
        return (*parts_of(subject.server), *parts_of(subject.proxy))
    return (subject,)


def proxy_of(subject: Subject) -> Subject | None:
    """Return the proxy in front of a server; None if there is none."""
    return subject.proxy if isinstance(subject, Behind) else None
