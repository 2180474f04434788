"""The windows of a trial that is divided, joined into the one trial that is compared.

The rate of the joined trial is the mean of its windows' rates. Its windows share a server, so a block stays one value
however many windows it holds (S. H. Hurlbert, Pseudoreplication, Ecological Monographs 54, 1984).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from stackduel.model.histogram import Histogram, sum_by_name
from stackduel.model.measurement import CallCount, GeneratorUse, Measurement, Victim, Warmup, Window
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.trial import Cost, Gate, HostNoise, Memory, Trial

_Number = TypeVar("_Number", int, float)


def joined(windows: Sequence[Trial]) -> Trial:
    """Return the windows of a trial as one, at the place of the first; raises ValueError where there are none.

    Counts and times add up, memory is the largest, the host's noise is the mean by time. Of each gate that of the
    window stands in the trial that passed it least: a closed one, else the last.
    """
    if not windows:
        raise ValueError("there are no windows to join")
    first, measured = windows[0], [each.measurement for each in windows]
    return replace(
        first,
        measurement=joined_measurement(measured),
        cost=_cost(windows),
        gates=_gates(windows),
        noise=_noise(windows),
        downstream_cpu_s=_sum(each.downstream_cpu_s for each in windows),
        proxy_cpu_s=_sum(each.proxy_cpu_s for each in windows),
        null_rate_rps=min((each.null_rate_rps for each in windows if each.null_rate_rps is not None), default=None),
        gpu=None,
        inside=None,
        worker_timeouts=_sum(each.worker_timeouts for each in windows),
        sample=next((each.sample for each in windows if each.sample), None),
    )


def joined_measurement(parts: Sequence[Measurement]) -> Measurement:
    """Return what was measured in several windows of the same load as if it had been one after another in one."""
    outcomes: Counter[str] = Counter()
    for part in parts:
        outcomes.update(part.outcomes)
    duration_s = sum(part.duration_s for part in parts)
    return replace(
        parts[0],
        requests=sum(part.requests for part in parts),
        succeeded=sum(part.succeeded for part in parts),
        failed=sum(part.failed for part in parts),
        cut_off=sum(part.cut_off for part in parts),
        cut_off_s=sum(part.cut_off_s for part in parts),
        outcomes=dict(outcomes),
        duration_s=duration_s,
        latency=Histogram.sum(part.latency for part in parts),
        service=Histogram.sum_of_known(part.service for part in parts),
        lateness=Histogram.sum_of_known(part.lateness for part in parts),
        dispatch=Histogram.sum_of_known(part.dispatch for part in parts),
        first_byte=Histogram.sum_of_known(part.first_byte for part in parts),
        spans=sum_by_name(part.spans for part in parts),
        streams=StreamFigures.sum(part.streams for part in parts),
        calls=tuple(_call(calls) for calls in zip(*(part.calls for part in parts), strict=True)),
        victim=_victim([part.victim for part in parts if part.victim]),
        scheduled=_sum(part.scheduled for part in parts),
        completed=sum(part.completed for part in parts),
        timeline=tuple(_timeline(parts)),
        reconnects=sum(part.reconnects for part in parts),
        resent=sum(part.resent for part in parts),
        drained=all(part.drained for part in parts),
        in_flight_mean=sum(part.in_flight_mean * part.duration_s for part in parts) / duration_s if duration_s else 0.0,
        warmup=_warmup([part.warmup for part in parts]),
        generator=_generator([part.generator for part in parts]),
        failed_answer=next((part.failed_answer for part in parts if part.failed_answer), None),
    )


def _sum(values: Iterable[_Number | None]) -> _Number | None:
    """Return the sum of what all windows have; None if one lacks it."""
    all_of_them = list(values)
    known = [each for each in all_of_them if each is not None]
    return sum(known) if len(known) == len(all_of_them) else None


def _call(calls: Sequence[CallCount]) -> CallCount:
    return CallCount(
        label=calls[0].label,
        requests=sum(call.requests for call in calls),
        failed=sum(call.failed for call in calls),
        latency=Histogram.sum(call.latency for call in calls),
    )


def _victim(victims: Sequence[Victim]) -> Victim | None:
    if not victims:
        return None
    return Victim(
        label=victims[0].label,
        requests=sum(each.requests for each in victims),
        failed=sum(each.failed for each in victims),
        latency=Histogram.sum(each.latency for each in victims),
        resent=_sum(each.resent for each in victims),
    )


def _timeline(parts: Sequence[Measurement]) -> Iterable[Window]:
    """Yield the slices of all windows, each as much later as the windows before it took."""
    before_s = 0.0
    for part in parts:
        yield from (replace(each, t_s=each.t_s + before_s) for each in part.timeline)
        before_s += part.duration_s


def _warmup(warmups: Sequence[Warmup]) -> Warmup:
    """Only the first window is asked whether the server is warm."""
    return Warmup(
        requests=sum(each.requests for each in warmups),
        duration_s=sum(each.duration_s for each in warmups),
        stable=warmups[0].stable,
    )


def _generator(uses: Sequence[GeneratorUse]) -> GeneratorUse:
    return replace(uses[0], cpu_s=sum(each.cpu_s for each in uses), busiest=max(each.busiest for each in uses))


def _cost(windows: Sequence[Trial]) -> Cost | None:
    costs = [each.cost for each in windows if each.cost is not None]
    if len(costs) < len(windows):
        return None
    return Cost(
        cpu_s=sum(each.cpu_s for each in costs),
        memory_peak_mib=max(each.memory_peak_mib for each in costs),
        memory=tuple(_memory(windows)),
    )


def _memory(windows: Sequence[Trial]) -> Iterable[Memory]:
    before_s = 0.0
    for window in windows:
        yield from (Memory(each.t_s + before_s, each.mib) for each in (window.cost.memory if window.cost else ()))
        before_s += window.measurement.duration_s


def _gates(windows: Sequence[Trial]) -> tuple[Gate, ...]:
    found: dict[str, Gate] = {}
    for gate in (gate for window in windows for gate in window.gates):
        if gate.name not in found or found[gate.name].ok:
            found[gate.name] = gate
    return tuple(found.values())


def _noise(windows: Sequence[Trial]) -> HostNoise | None:
    if any(window.noise is None for window in windows):
        return None

    def mean(of: Callable[[HostNoise], float | None]) -> float | None:
        values = [of(window.noise) for window in windows if window.noise]
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if len(known) == len(windows) else None

    pauses = [window.noise.pause_ms for window in windows if window.noise]
    return HostNoise(
        steal=mean(lambda noise: noise.steal),
        foreign_cpu=mean(lambda noise: noise.foreign_cpu),
        throttled_s=_sum(window.noise.throttled_s if window.noise else None for window in windows),
        server_taken=mean(lambda noise: noise.server_taken),
        pause_ms=max((each for each in pauses if each is not None), default=None),
    )
