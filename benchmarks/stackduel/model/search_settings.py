"""The settings of each search mode: the part of a suite that says how its loads vary."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.budget import DEFAULT_MEMORY_MIB
from stackduel.model.client_settings import LeavingSettings, SlowReadersSettings
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.tune_settings import TuneSettings

MOST_RATE_RPS = 100_000.0
MOST_STREAMS = 4096
FEWEST_CONFIRMATIONS = 5
# The times of a stream's events that a bound may be on, by the prefix of its name: their added delay, and the time to
# the first one.
EVENT, TTFT = "event_", "ttft_"
OF_STREAMS = (EVENT, TTFT)


class CapacitySettings(Struct, frozen=True, tag_field="mode", tag="capacity"):
    """The highest rate at which a service level is kept, and how many replicas a demand takes; or the most streams.

    With a bound on events it is the number of streams that are open at once, ``most_streams`` at most, ``MOST_STREAMS``
    where that is None.

    ``slo`` is as ``stackduel.analysis.slo`` reads it, ``resolution`` the share by which the load found and the one
    above may differ, ``confirmations`` the number of windows in which it must be kept. ``headroom`` is the part of its
    capacity that a replica is to carry; ``demand_rps`` and ``cost_per_replica`` are None where nobody asked.
    ``allowance_s`` is how long the search for one request may take on one stack, None for as long as it needs.
    """

    mode: ClassVar[str] = "capacity"
    slo: str = "p99=200ms"
    resolution: float = 0.05
    confirmations: int = FEWEST_CONFIRMATIONS
    most_rps: float = MOST_RATE_RPS
    demand_rps: float | None = None
    headroom: float = 0.8
    cost_per_replica: float | None = None
    allowance_s: float | None = None
    most_streams: int | None = None

    @property
    def goal(self) -> str:
        """Return the goal of the search in a few words."""
        if any(prefix in self.slo.lower() for prefix in OF_STREAMS):
            return f"the most streams at once that keep {self.slo}"
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
        """Return the goal of the search in a few words."""
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
        """Return the goal of the search in a few words."""
        return f"the rate at which over {100 * self.errors:g} % fail or the p99 goes over {self.p99_ms:g} ms"


class ColdStartSettings(Struct, frozen=True, tag_field="mode", tag="cold-start"):
    """How often every stack is launched afresh."""

    mode: ClassVar[str] = "cold-start"
    launches: int = 10

    @property
    def goal(self) -> str:
        """Return the goal of the search in a few words."""
        return f"how {self.launches} fresh launches start"


class SoakSettings(Struct, frozen=True, tag_field="mode", tag="soak"):
    """One load for a long time; ``memory_mib`` is the budget that a growing stack would fill."""

    mode: ClassVar[str] = "soak"
    memory_mib: int = DEFAULT_MEMORY_MIB

    @property
    def goal(self) -> str:
        """Return the goal of the search in a few words."""
        return "whether memory grows under a long load"


class ShutdownSettings(Struct, frozen=True, tag_field="mode", tag="shutdown"):
    """How often every stack is stopped under load, and after how many seconds it is killed."""

    mode: ClassVar[str] = "shutdown"
    rounds: int = 3
    grace_s: float = 5.0

    @property
    def goal(self) -> str:
        """Return the goal of the search in a few words."""
        return f"what {self.rounds} stops by SIGTERM under load lose"


class RecyclingSettings(Struct, frozen=True, tag_field="mode", tag="recycling"):
    """How often every stack is loaded while it replaces its workers."""

    mode: ClassVar[str] = "recycling"
    rounds: int = 3

    @property
    def goal(self) -> str:
        """Return the goal of the search in a few words."""
        return "what the replacement of workers under load loses"


# What is lost in these modes is to be seen: nothing is sent again.
LossSettings = ShutdownSettings | RecyclingSettings
SearchSettings = (
    SoakSettings
    | ColdStartSettings
    | CapacitySettings
    | SustainedSettings
    | BreakingPointSettings
    | ShutdownSettings
    | RecyclingSettings
    | LeavingSettings
    | SlowReadersSettings
    | AblationSettings
    | ProfileSettings
    | TuneSettings
    | ScalingSettings
)
