"""A stack as a run describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class StackFacts:
    """The facts that a reader needs about a stack: its tier, and the settings it was measured with.

    Which settings are known depends on the stack: ``framework`` to ``settings`` are those of a stack of the registry;
    ``command``, ``image`` with ``container_port``, or ``url`` that of a user's own stack. All others are None.
    ``settings`` are the variables of its start beyond its entry's own fields, None if there are none.
    ``worker_count`` is ``workers`` on the cores of the run. ``waiting_slots`` is how many requests can wait at once,
    None for as many as come; ``fans_out`` says that the downstream calls of one request are made all at once.
    ``slots_from`` says what the slots of a user's own stack are known from; None where they are unknown.
    ``requirements`` are what pip must install before ``command`` runs in the user's environment, None where nothing is.
    ``interpreter`` is the label of the one that was chosen for it, such as ``3.13``; None where none was. ``cores``
    are those that it runs on, None for all that the run gives to servers. ``proxy`` is what stands in front of it, and
    how that is set; None where nothing does.
    """

    tier: str
    summary: str = ""
    framework: str | None = None
    app: str | None = None
    server: str | None = None
    worker_class: str | None = None
    workers: int | Literal["cpu", "2cpu+1"] | None = None
    worker_count: int | None = None
    threads: int | None = None
    connections: int | None = None
    loop: str | None = None
    access_log: bool | None = None
    inference: str | None = None
    pool: int | None = None
    batch_size: int | None = None
    companion: str | None = None
    settings: Mapping[str, str] | None = None
    command: tuple[str, ...] | None = None
    image: str | None = None
    container_port: int | None = None
    url: str | None = None
    device: str | None = None
    waiting_slots: int | None = None
    fans_out: bool = True
    slots_from: str | None = None
    requirements: tuple[str, ...] | None = None
    interpreter: str | None = None
    cores: int | None = None
    proxy: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is a user's own stack, of which only its command, image or address is known for sure."""
        return any(source is not None for source in (self.command, self.image, self.url))

    @property
    def slots_known(self) -> bool:
        """Whether ``waiting_slots`` are known, as many as come included."""
        return not self.is_own or self.waiting_slots is not None or self.slots_from is not None
