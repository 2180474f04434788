"""A stack as a run describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class StackFacts:
    """What a reader needs to know of a stack: where it stands, and the settings that it was measured with.

    Which settings are known depends on the stack: ``framework`` to ``companion`` are those of a stack of the registry;
    ``command``, ``image`` with ``container_port``, or ``url`` that of a user's own stack. All others are None.
    ``worker_count`` is ``workers`` on the cores of the run. ``waiting_slots`` is how many requests can wait at once,
    None for as many as come; ``fans_out`` says that the downstream calls of one request are made all at once.
    """

    tier: str
    summary: str = ""
    framework: str | None = None
    app: str | None = None
    server: str | None = None
    worker_class: str | None = None
    workers: int | Literal["cpu"] | None = None
    worker_count: int | None = None
    threads: int | None = None
    connections: int | None = None
    loop: str | None = None
    access_log: bool | None = None
    inference: str | None = None
    pool: int | None = None
    batch_size: int | None = None
    companion: str | None = None
    command: tuple[str, ...] | None = None
    image: str | None = None
    container_port: int | None = None
    url: str | None = None
    device: str | None = None
    waiting_slots: int | None = None
    fans_out: bool = True
