"""From the samples of some windows to the shares of layers and functions, and the price of sampling."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeVar

from stackduel.analysis.profiling.layers import layer_of, short_file
from stackduel.analysis.statistics.intervals import interval, log_ratios, mean_interval
from stackduel.model.profile_samples import Calls, Samples
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.search_results.profile import (
    Allocation,
    FrameShare,
    Layer,
    LayerShare,
    MemoryProfile,
    Profile,
    ProfilingCost,
    SampledCpu,
)

WIDEST = 10


@dataclass(frozen=True, slots=True)
class ProfiledWindow:
    """A window that was sampled: how long, what was seen, and what the server used of the CPU."""

    sampled_s: float
    samples: Samples
    cpu: SampledCpu | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """The requests a second of a pair of windows: without the profiler and beside it."""

    plain_rps: float
    profiled_rps: float


def profile_of(
    settings: ProfileSettings,
    profiler: str,
    windows: Sequence[ProfiledWindow],
    pairs: Sequence[Rates],
    notes: tuple[str, ...] = (),
) -> Profile:
    """Return what the windows say together; the pairs say what the profiler costs.

    Raises ValueError without any window.
    """
    if not windows:
        raise ValueError("no window was sampled")
    whole = Samples.sum(each.samples for each in windows)
    return Profile(
        profiler=profiler,
        rate_hz=settings.rate_hz,
        gil=settings.gil,
        windows=len(windows),
        sampled_s=sum(each.sampled_s for each in windows),
        samples=whole.total,
        waiting=whole.waiting,
        processes=whole.processes,
        layers=layer_shares(windows),
        frames=frame_shares(windows),
        cost=cost_of(pairs),
        cpu=_cpu([each.cpu for each in windows if each.cpu is not None]),
        notes=notes,
    )


def layer_shares(windows: Sequence[ProfiledWindow]) -> tuple[LayerShare, ...]:
    """Return the layers that were met, the widest first."""
    return tuple(
        LayerShare(layer, each.samples, each.share, each.low, each.high) for layer, each in _shares(windows, layer_of)
    )


def frame_shares(windows: Sequence[ProfiledWindow], most: int = WIDEST) -> tuple[FrameShare, ...]:
    """Return the functions with the most time of their own, the widest first."""

    def own(calls: Calls) -> tuple[str, str, int, Layer]:
        frame = calls[-1]
        return frame.name, short_file(frame.file), frame.line, layer_of(calls)

    return tuple(
        FrameShare(*frame, each.samples, each.share, each.low, each.high)
        for frame, each in _shares(windows, own)[:most]
    )


def cost_of(pairs: Sequence[Rates]) -> ProfilingCost | None:
    """Return the throughput beside the profiler over that without it; None where no pair is known.

    The ratio is the geometric mean over the pairs, its interval Student's of their logarithms.
    """
    usable = [each for each in pairs if each.plain_rps > 0 and each.profiled_rps > 0]
    if not usable:
        return None
    plain, profiled = [each.plain_rps for each in usable], [each.profiled_rps for each in usable]
    logs = log_ratios(profiled, plain)
    bounds = interval(logs)
    return ProfilingCost(
        fmean(plain),
        fmean(profiled),
        math.exp(fmean(logs)),
        len(usable),
        bounds.low if bounds else None,
        bounds.high if bounds else None,
    )


def memory_of(calls: Mapping[Calls, float], processes: int, profiler: str, most: int = WIDEST) -> MemoryProfile:
    """Return the functions whose own allocations held the most of these MiB, the largest first."""
    held: dict[tuple[str, str, Layer], float] = {}
    lines: dict[tuple[str, str, Layer], int] = {}
    for each, mib in calls.items():
        frame = each[-1]
        key = (frame.name, short_file(frame.file), layer_of(each))
        held[key] = held.get(key, 0.0) + mib
        lines[key] = min(frame.line, lines.get(key, frame.line))
    total = sum(held.values())
    largest = sorted(held.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    holders = tuple(
        Allocation(name, file, lines[name, file, layer], layer, mib, mib / total if total else 0.0)
        for (name, file, layer), mib in largest
    )
    return MemoryProfile(profiler, total, processes, holders)


@dataclass(frozen=True, slots=True)
class _Share:
    samples: int
    share: float
    low: float | None
    high: float | None


_Key = TypeVar("_Key", bound=Hashable)


def _shares(windows: Sequence[ProfiledWindow], key: Callable[[Calls], _Key]) -> list[tuple[_Key, _Share]]:
    """Return the share of each group of samples with its interval, the widest first.

    The interval is Student's of the mean of one share per window: the samples of a window are not independent of each
    other (B. Schmeiser, Batch size effects in the analysis of simulation output, Operations Research 30, 1982).
    """
    counted = [_counted(each.samples, key) for each in windows if each.samples.total]
    whole: Counter[_Key] = Counter()
    for each in counted:
        whole.update(each)
    total = sum(whole.values())
    found = []
    for name, samples in whole.items():
        bounds = mean_interval([each[name] / sum(each.values()) for each in counted])
        low, high = (max(0.0, bounds[0]), min(1.0, bounds[1])) if bounds else (None, None)
        found.append((name, _Share(samples, samples / total, low, high)))
    return sorted(found, key=lambda pair: (-pair[1].samples, str(pair[0])))


def _counted(samples: Samples, key: Callable[[Calls], _Key]) -> Counter[_Key]:
    counted: Counter[_Key] = Counter()
    for calls, count in samples.calls.items():
        counted[key(calls)] += count
    return counted


def _cpu(uses: Sequence[SampledCpu]) -> SampledCpu | None:
    if not uses:
        return None
    return SampledCpu(
        sum(each.user_s for each in uses),
        sum(each.system_s for each in uses),
        sum(each.window_s for each in uses),
        uses[0].cores,
    )
