"""Where a started stack is: its address, and what of the machine is its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where requests go: ``host`` and ``port``, over TLS or not."""

    host: str
    port: int
    tls: bool = False

    @property
    def url(self) -> str:
        """The address as a URL without a path."""
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


Subject = ProcessTree | ContainerRef | Elsewhere | Several


def parts_of(subject: Subject) -> tuple[Subject, ...]:
    """What a subject is made of: itself, unless it is several."""
    if isinstance(subject, Several):
        return tuple(part for each in subject.parts for part in parts_of(each))
    return (subject,)
