"""The result of profiling a stack under load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

# ``application``: handlers, which in our stacks is the core; ``downstream``: clients of other services.
Layer = Literal["server", "framework", "application", "JSON", "model", "downstream", "other"]


@dataclass(frozen=True, slots=True)
class LayerShare:
    """How many samples were in a layer, and their share with its interval; no bounds below five windows."""

    layer: Layer
    samples: int
    share: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class FrameShare:
    """A function at the top of the stack of calls: its own time, without that of what it calls."""

    name: str
    file: str
    line: int
    layer: Layer
    samples: int
    share: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ProfilingCost:
    """The throughput beside the profiler over that without it, from interleaved pairs of windows."""

    plain_rps: float
    profiled_rps: float
    ratio: float
    pairs: int
    low: float | None = None
    high: float | None = None

    @property
    def sentence(self) -> str:
        """The profiler's cost to the server, in words."""
        change = f"{100 * (self.ratio - 1):+.1f} %"
        if self.low is None or self.high is None:
            sure = f"{self.pairs} pairs of windows are too few for an interval" if self.pairs > 1 else "one pair"
        else:
            sure = f"{100 * (self.low - 1):+.1f} to {100 * (self.high - 1):+.1f} %"
        return (
            f"Beside the profiler the server answered {self.profiled_rps:,.4g} requests a second, without it "
            f"{self.plain_rps:,.4g}: {change} ({sure})."
        )


@dataclass(frozen=True, slots=True)
class SampledCpu:
    """The CPU time of the server in the sampled windows, by the counters of the operating system.

    ``cores`` is how many it may use, None where nothing limits them.
    """

    user_s: float
    system_s: float
    window_s: float
    cores: int | None = None

    @property
    def sentence(self) -> str:
        """How much of its cores the server used and how much of that was the kernel's, in words."""
        total_s = self.user_s + self.system_s
        kernel = f"; {100 * self.system_s / total_s:.0f} % of its CPU time was the kernel's" if total_s else ""
        used = f"{total_s:.3g} s of CPU time in {self.window_s:.3g} s"
        if self.cores and self.window_s:
            of = "its core" if self.cores == 1 else f"its {self.cores} cores"
            share = min(1.0, total_s / (self.cores * self.window_s))
            used = f"{100 * share:.0f} % of {of}, the rest was idle or other programs'"
        return f"While it was sampled the server used {used}{kernel} (by the operating system's counters)."


@dataclass(frozen=True, slots=True)
class Allocation:
    """A function and the memory that its own allocations held at the peak."""

    name: str
    file: str
    line: int
    layer: Layer
    mib: float
    share: float


@dataclass(frozen=True, slots=True)
class MemoryProfile:
    """The largest holders of memory, each process at its own peak; together they are ``peak_mib``.

    ``flamegraph`` is a file beside run.json.
    """

    profiler: str
    peak_mib: float
    processes: int
    holders: tuple[Allocation, ...]
    flamegraph: str = ""

    @property
    def sentence(self) -> str:
        """The result in words."""
        processes = "one process" if self.processes == 1 else f"{self.processes} processes, each at its own peak"
        return (
            f"{self.peak_mib:,.4g} MiB were allocated at the peak in {processes}, recorded by {self.profiler} in "
            "a start of its own; each function's are those that it asked for itself."
        )


class Profile(Struct, frozen=True, tag_field="kind", tag="profile"):
    """Where a stack's time goes under a load.

    ``samples`` were taken ``rate_hz`` times a second of every busy thread, those with the ``gil`` alone if so chosen.
    ``waiting`` more samples were of functions that only wait: they count for nothing else.
    ``flamegraph`` and ``speedscope`` are files beside run.json. ``notes`` are sentences on how it was sampled.
    """

    profiler: str
    rate_hz: int
    gil: bool
    windows: int
    sampled_s: float
    samples: int
    waiting: int
    processes: int
    layers: tuple[LayerShare, ...]
    frames: tuple[FrameShare, ...]
    cost: ProfilingCost | None = None
    cpu: SampledCpu | None = None
    memory: MemoryProfile | None = None
    flamegraph: str = ""
    speedscope: str = ""
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The result in words."""
        if not self.samples or not self.layers or not self.frames:
            return "No sample was taken: the server never worked while it was sampled."
        top, widest = self.layers[0], self.frames[0]
        where = f" ({widest.file}:{widest.line})" if widest.file else ""
        return (
            f"{100 * top.share:.0f} % of {self.samples:,} samples are in the {top.layer} layer; the widest function is "
            f"{widest.name}{where} with {100 * widest.share:.0f} %."
        )
