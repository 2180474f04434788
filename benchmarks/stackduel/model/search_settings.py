"""What each mode of search is told: the part of a suite that says how its loads are varied."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from stackduel.model.budget import DEFAULT_MEMORY_MIB

MOST_RATE_RPS = 100_000.0
FEWEST_CONFIRMATIONS = 5


class CapacitySettings(Struct, frozen=True, tag_field="mode", tag="capacity"):
    """The highest rate at which a service level is kept, and how many replicas a demand takes.

    ``slo`` is as ``stackduel.analysis.slo`` reads it, ``resolution`` the share by which the rate found and the one
    above may differ, ``confirmations`` the number of windows in which it must be kept. ``headroom`` is the part of its
    capacity that a replica is to carry; ``demand_rps`` and ``cost_per_replica`` are None where nobody asked.
    """

    mode: ClassVar[str] = "capacity"
    slo: str = "p99=200ms"
    resolution: float = 0.05
    confirmations: int = FEWEST_CONFIRMATIONS
    most_rps: float = MOST_RATE_RPS
    demand_rps: float | None = None
    headroom: float = 0.8
    cost_per_replica: float | None = None

    @property
    def goal(self) -> str:
        """What is looked for, in a few words."""
        return f"the highest rate that keeps {self.slo}"


class SustainedSettings(Struct, frozen=True, tag_field="mode", tag="sustained"):
    """The number of connections with the highest rate: at most ``most_connections`` of them.

    ``confirmations`` is the number of rounds that compare the neighbours, ``margin`` the share within which two rates
    are no different.
    """

    mode: ClassVar[str] = "sustained"
    most_connections: int = 512
    confirmations: int = FEWEST_CONFIRMATIONS
    margin: float = 0.02

    @property
    def goal(self) -> str:
        """What is looked for, in a few words."""
        return f"the fewest of up to {self.most_connections} connections with the highest rate"


class BreakingPointSettings(Struct, frozen=True, tag_field="mode", tag="breaking-point"):
    """The rate at which more than ``errors``, a share, of the requests fail, or the p99 goes over ``p99_ms``.

    Each rate is ``factor`` times the one before, up to ``most_rps``.
    """

    mode: ClassVar[str] = "breaking-point"
    p99_ms: float = 1000.0
    errors: float = 0.01
    factor: float = 1.5
    most_rps: float = MOST_RATE_RPS

    @property
    def goal(self) -> str:
        """What is looked for, in a few words."""
        return f"the rate at which over {100 * self.errors:g} % fail or the p99 goes over {self.p99_ms:g} ms"


class ColdStartSettings(Struct, frozen=True, tag_field="mode", tag="cold-start"):
    """How often every stack is launched afresh."""

    mode: ClassVar[str] = "cold-start"
    launches: int = 10

    @property
    def goal(self) -> str:
        """What is looked for, in a few words."""
        return f"how {self.launches} fresh launches start"


class SoakSettings(Struct, frozen=True, tag_field="mode", tag="soak"):
    """One load for a long time; ``memory_mib`` is the budget that a growing stack would fill."""

    mode: ClassVar[str] = "soak"
    memory_mib: int = DEFAULT_MEMORY_MIB

    @property
    def goal(self) -> str:
        """What is looked for, in a few words."""
        return "whether memory grows under a long load"


SearchSettings = SoakSettings | ColdStartSettings | CapacitySettings | SustainedSettings | BreakingPointSettings
