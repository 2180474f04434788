"""Soak: one load for a long time: does memory grow, and do rate and latency stay as at first?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from stackduel.analysis.statistics.slopes import slope
from stackduel.model.histogram import Histogram, percentile_ms
from stackduel.model.search_results.soak import Soak, Third
from stackduel.model.search_settings import SoakSettings
from stackduel.model.suite import ClosedLoop, Load
from stackduel.model.trial import Failure, Memory, Trial
from stackduel.search.probe import Probe, Search

# The share of the time, at its beginning, in which caches fill up: that is no leak.
SETTLING = 0.1
PIECES = 12


def search_soak(load: Load, settings: SoakSettings) -> Search[Soak]:
    """Apply the load in pieces on one server, so that an interruption loses at most the last piece."""
    piece = _piece(load)
    trials: list[Trial] = []
    for number in range(1, PIECES + 1):
        so_far = soak_result(trials, settings) if trials else None
        probe = Probe(piece, fresh=number == 1, name=f"{number}of{PIECES}", once=True, so_far=so_far)
        result = yield probe
        if isinstance(result, Failure):
            return soak_result(trials, settings, ended=result.reason.partition("\n")[0])
        trials.append(result)
        # Only the first piece needs a warm-up.
        piece = _warm(piece)
    return soak_result(trials, settings)


def _piece(load: Load) -> Load:
    """Return a twelfth of the load: of its time, or of its requests."""
    if load.duration_s is not None:
        return msgspec.structs.replace(load, duration_s=load.duration_s / PIECES)
    assert load.requests is not None  # noqa: S101 - a load has the one or the other
    return msgspec.structs.replace(load, requests=math.ceil(load.requests / PIECES))


def _warm(piece: Load) -> Load:
    if isinstance(piece, ClosedLoop):
        piece = msgspec.structs.replace(piece, warmup_requests=0)
    return msgspec.structs.replace(piece, warmup_s=0.0, stable_within_s=0.0)


def soak_result(trials: Sequence[Trial], settings: SoakSettings, ended: str = "") -> Soak:
    """Return the result of successive pieces on one server."""
    points = _joined(trials)
    total_s = sum(trial.measurement.duration_s for trial in trials)
    kept = [point for point in points if point.t_s >= SETTLING * total_s]
    growth = slope([point.t_s / 3600 for point in kept], [point.mib for point in kept])
    now_mib = points[-1].mib if points else None
    full_in_h = None
    if growth is not None and growth.low > 0 and now_mib is not None:
        full_in_h = max(0.0, settings.memory_mib - now_mib) / growth.value
    # Fewer than three pieces have no last third to compare.
    third = len(trials) // 3
    return Soak(
        duration_s=total_s,
        requests=sum(trial.measurement.requests for trial in trials),
        failed=sum(trial.measurement.failed for trial in trials),
        memory_mib=now_mib,
        budget_mib=settings.memory_mib,
        slope=growth,
        full_in_h=full_in_h,
        first=_third(trials[:third]),
        last=_third(trials[-third:] if third else ()),
        disturbed=sum(not trial.counts for trial in trials),
        ended=ended,
    )


def _joined(trials: Sequence[Trial]) -> list[Memory]:
    """Return the memory of all pieces on one time axis, which begins with the first window."""
    points: list[Memory] = []
    passed_s = 0.0
    for number, trial in enumerate(trials):
        passed_s += trial.measurement.warmup.duration_s if number else 0.0
        points += [Memory(passed_s + each.t_s, each.mib) for each in (trial.cost.memory if trial.cost else ())]
        passed_s += trial.measurement.duration_s
    return points


def _third(trials: Sequence[Trial]) -> Third:
    counted = [trial.measurement for trial in trials if trial.counts]
    if not counted:
        return Third(None, None)
    rate_rps = sum(each.completed for each in counted) / sum(each.duration_s for each in counted)
    latency = Histogram.sum(each.latency for each in counted)
    return Third(rate_rps, percentile_ms(latency, 0.99))
