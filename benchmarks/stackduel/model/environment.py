"""The environment that a run was measured in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackduel.model.budget import Budget
from stackduel.model.interpreter_facts import InterpreterFacts

# What a launcher reports of itself: its engine, images by stack, how the budget is kept.
LaunchFacts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Environment:
    """The host, the versions, the launcher and the budget of a run; None where it is not known (yet).

    ``python`` and ``libraries``, versions of packages, are those of stackduel itself; ``interpreters`` holds what each
    stack runs on, None in a run that did not ask. ``models`` holds the hashes of the files of each model by file name;
    ``device`` is what models are computed on. ``notes`` are sentences that a reader of the figures must know.
    """

    system: str | None = None
    machine: str | None = None
    processor: str | None = None
    cores: int | None = None
    memory_mib: int | None = None
    python: str | None = None
    gpus: tuple[str, ...] = ()
    libraries: Mapping[str, str] = field(default_factory=dict)
    launcher: str | None = None
    launch: LaunchFacts = field(default_factory=dict)
    budget: Budget | None = None
    generator: str | None = None
    driver: str | None = None
    device: str | None = None
    timeout_s: float | None = None
    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    interpreters: Mapping[str, InterpreterFacts] | None = None
