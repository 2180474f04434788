"""The settings of a tuning: the ways to serve one application that it chooses from, and what it looks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from msgspec import Struct

# The stack that serves the application as its owner does today: the baseline.
CURRENT = "current"
USUAL_BUDGET_S = 240.0
Objective = Literal["throughput", "p99", "memory"]
OBJECTIVES: tuple[Objective, ...] = ("throughput", "p99", "memory")


@dataclass(frozen=True, slots=True)
class TuneCandidate:
    """One way to serve the application: a server, its worker class, and its sizes.

    ``slots`` is how many requests it can hold at once, None for as many as come.
    """

    stack: str
    server: str
    worker_class: str | None
    workers: int
    threads: int | None
    slots: int | None

    @property
    def kind(self) -> tuple[str, str | None]:
        """The server and its worker class: what candidates of different sizes share."""
        return self.server, self.worker_class


class TuneSettings(Struct, frozen=True, tag_field="mode", tag="tune"):
    """The subject of a tuning: an ``application`` of an ``interface``, on the user's ``python``.

    ``origin`` says where the current command was read, ``slo`` is a service level that must be kept, None without
    one. ``memory_mib`` is what a candidate may take. ``budget_s`` is the time for all of it.
    """

    mode: ClassVar[str] = "tune"
    application: str
    interface: str
    python: str
    origin: str
    candidates: tuple[TuneCandidate, ...]
    objective: Objective = "throughput"
    slo: str | None = None
    budget_s: float = USUAL_BUDGET_S

    @property
    def goal(self) -> str:
        """Return the goal of the tuning in a few words."""
        wanted = {"throughput": "the highest throughput", "p99": "the lowest p99", "memory": "the least memory"}
        kept = f" that keeps {self.slo}" if self.slo else ""
        return f"{wanted[self.objective]}{kept} of {self.application}"


def alone_name(scenario: str) -> str:
    """Return the name of the trial that shows how long one request takes by itself."""
    return f"{scenario}@alone"


def round_name(scenario: str, number: int) -> str:
    """Return the name of the trials in a round of the screening."""
    return f"{scenario}@round-{number}"


def longer_name(scenario: str) -> str:
    """Return the name of the trials that show whether memory that grew in the confirmation goes on growing."""
    return f"{scenario}@longer"
