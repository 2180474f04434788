"""The idle control of a scenario of event streams: the same timetable with next to nothing to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackduel.model.errors import FieldError
from stackduel.model.suite import Scenario, Workload
from stackduel.planning.fields import Fields
from stackduel.planning.request_file import checked_target

SUFFIX = ".idle"


def parse_idle(fields: Fields, workloads: Sequence[Workload]) -> Workload | None:
    """Take the path of a scenario's idle control out of ``fields``: its stream, with next to nothing to send."""
    path = fields.text("idle", default="")
    if not path:
        return None
    if len(workloads) != 1 or workloads[0].stream is None:
        raise FieldError(f"{fields.where}: idle: only where the scenario has one request, and its answer is a stream")
    if path == workloads[0].target:
        raise FieldError(f"{fields.where}: idle: must differ from the path of the scenario, which sends its events")
    return replace(workloads[0], target=checked_target(f"{fields.where}: idle", path))


def with_control(scenario: Scenario, idle: Workload) -> tuple[Scenario, Scenario]:
    """Return a scenario and its idle control, under the same load."""
    name = f"{scenario.name}{SUFFIX}"
    summary = f"What the timers of {scenario.name} take by themselves."
    return replace(scenario, idle=name), Scenario(name, (idle,), scenario.load, summary, idle_of=scenario.name)
