"""Whether other work would disturb a measurement, by the bounds of the gates that every trial has to pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis import gates
from stackduel.analysis.gates import KINDS, METHOD, Thresholds
from stackduel.cli.doctor.diagnosis import Diagnosis
from stackduel.model.trial import HostNoise
from stackduel.observe.host.cpu_frequency import governors
from stackduel.observe.host.cpu_quota import own_quota
from stackduel.observe.host.host_noise import host_noise_now
from stackduel.observe.host.neighbours import Neighbour, Neighbours, listed
from stackduel.process.cores import usable_cores

WATCHED_S = 2.0
NAMED = 3
# A processor under this governor keeps its speed; under any other it follows the load, or saves power.
STEADY = "performance"


def findings() -> Iterator[Diagnosis]:
    """Watch the machine for a while, and look at what could slow the measured processes down."""
    neighbours = Neighbours()
    neighbours.start()
    noise = host_noise_now(WATCHED_S)
    neighbours.stop()
    yield steal(noise)
    yield foreign_cpu(noise, neighbours.busiest(NAMED))
    yield frequency(governors())
    yield quota(own_quota().cores, len(usable_cores()))


def steal(noise: HostNoise, bounds: Thresholds = METHOD) -> Diagnosis:
    """Return what the hypervisor took meanwhile."""
    gate = gates.steal(noise, bounds)
    if noise.steal is None:
        return Diagnosis("steal", "unknown", gate.detail)
    if gate.ok:
        return Diagnosis("steal", "good", gate.detail)
    remedy = "Use a machine whose CPUs are its own, or measure when its neighbours rest."
    return Diagnosis("steal", "limit", f"{gate.detail} {consequence(gate.name)} {remedy}")


def foreign_cpu(noise: HostNoise, busiest: Sequence[Neighbour], bounds: Thresholds = METHOD) -> Diagnosis:
    """Return what other processes used meanwhile, and which of them most."""
    gate = gates.foreign_cpu(noise, bounds)
    if noise.foreign_cpu is None:
        return Diagnosis("foreign CPU", "unknown", gate.detail)
    named = listed(busiest)
    detail = f"{gate.detail} Busiest: {named}." if named else gate.detail
    if gate.ok:
        return Diagnosis("foreign CPU", "good", detail)
    return Diagnosis("foreign CPU", "limit", f"{detail} {consequence(gate.name)} Stop them, or wait until they finish.")


def frequency(in_use: Sequence[str]) -> Diagnosis:
    """Return whether the cores keep their speed; ``in_use`` are their governors."""
    if not in_use:
        return Diagnosis("frequency", "unknown", "This system does not report whether its cores change their speed.")
    names = ", ".join(in_use)
    if set(in_use) == {STEADY}:
        return Diagnosis("frequency", "good", f"Governor {names}: the cores keep their speed.")
    detail = (
        f"Governor {names}: the cores change their speed with the load. No gate detects this: it makes trials differ "
        f"and so the intervals wide. Set the governor {STEADY} (cpupower frequency-set -g {STEADY})."
    )
    return Diagnosis("frequency", "limit", detail)


def quota(cores: float | None, usable: int) -> Diagnosis:
    """Return whether a cgroup around this process grants it less CPU time than the usable cores have."""
    if cores is None:
        return Diagnosis("CPU quota", "good", "No quota known.")
    granted = f"A quota grants {cores:g} cores' CPU time, of {usable} usable."
    if cores >= usable:
        return Diagnosis("CPU quota", "good", granted)
    remedy = "Raise it (docker run --cpus, a pod's limits, systemd's CPUQuota), or bind to fewer cores instead."
    detail = f"{granted} {consequence('throttling')} {remedy}"
    return Diagnosis("CPU quota", "limit", detail)


def consequence(gate: str) -> str:
    """Return the sentence that says what happens to trials that do not pass this gate."""
    end = "are marked noisy and give no sizes ('size uncertain')" if KINDS[gate] == "host" else "do not count"
    return f"With '{gate}' above its limit trials are repeated; if that does not help they {end}."
