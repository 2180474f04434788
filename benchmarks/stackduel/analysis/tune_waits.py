"""The time of one request by itself: its wait and its CPU time, from the trial with one connection."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stackduel.model.run import Run
from stackduel.model.tune_settings import alone_name


@dataclass(frozen=True, slots=True)
class RequestAlone:
    """One request on a server that has nothing else to do: how long it waits, and how long it keeps a core busy.

    ``memory_mib`` is what the server took meanwhile. A figure is None where it was not measured.
    """

    wait_s: float | None = None
    cpu_s: float | None = None
    memory_mib: float | None = None

    @property
    def seconds(self) -> float:
        """How long the request takes; 0 where that is not known."""
        return (self.wait_s or 0.0) + (self.cpu_s or 0.0)


def request_alone(run: Run, scenario: str) -> RequestAlone:
    """Return what the trial with one connection on the current command shows; nothing if it was not measured.

    With one connection no request waits for another: what it takes beyond its CPU time, it waits.
    """
    trials = run.trials(alone_name(scenario), run.baseline)
    if not trials or not trials[-1].measurement.latency.count:
        return RequestAlone()
    trial = trials[-1]
    whole_s = trial.measurement.latency.mean_ns / 1e9
    cpu_ms = trial.cpu_ms_per_request
    memory_mib = trial.cost.memory_peak_mib if trial.cost else None
    if cpu_ms is None:
        return RequestAlone(memory_mib=memory_mib)
    cpu_s = min(cpu_ms / 1000, whole_s)
    return RequestAlone(whole_s - cpu_s, cpu_s, memory_mib)


def needed_slots(wait_s: float, cpu_s: float, cores: int, connections: int) -> int:
    """Return how many requests a server must hold at once to keep its cores busy, at most ``connections``.

    Little's law: the cores take ``cores / cpu_s`` requests a second, and each stays for ``wait_s + cpu_s``.
    """
    if cpu_s <= 0:
        return connections
    return max(1, min(connections, math.ceil(cores * (wait_s + cpu_s) / cpu_s)))
