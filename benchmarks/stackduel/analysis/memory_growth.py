"""How much the memory of a stack grows within a window, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from stackduel.analysis.statistics.intervals import mean_interval
from stackduel.model.trial import Memory, Trial

THIRDS = 3


@dataclass(frozen=True, slots=True)
class MemoryGrowth:
    """The mean memory at the opening and at the close of the windows, and the growth in between.

    ``low`` and ``high`` are the bounds of the interval of the growth, one value per block; None below five blocks.
    ``requests`` is the mean number of requests in a window. ``steady_low`` is the lower bound of the growth that went
    on throughout, three times the least growth of a third of each window: a leak is in it; a pool that fills, or a
    table that is enlarged once, is not.
    """

    blocks: int
    requests: float
    first_mib: float
    last_mib: float
    grown_mib: float
    low: float | None
    high: float | None
    steady_low: float | None


def memory_growth(trials: Iterable[Trial]) -> MemoryGrowth | None:
    """Return the growth of memory in trials of one stack; None where memory was not read at both ends of a window."""
    known = [
        (trial.measurement.requests, trial.cost.memory)
        for trial in trials
        if trial.cost is not None and len(trial.cost.memory) >= 2
    ]
    if not known:
        return None
    grown = [memory[-1].mib - memory[0].mib for _, memory in known]
    low, high = mean_interval(grown) or (None, None)
    steady_low, _ = mean_interval([steady_mib(memory) for _, memory in known]) or (None, None)
    return MemoryGrowth(
        blocks=len(known),
        requests=fmean(requests for requests, _ in known),
        first_mib=fmean(memory[0].mib for _, memory in known),
        last_mib=fmean(memory[-1].mib for _, memory in known),
        grown_mib=fmean(grown),
        low=low,
        high=high,
        steady_low=steady_low,
    )


def steady_mib(memory: Sequence[Memory]) -> float:
    """Return the MiB that grew throughout a window, from its readings: of fewer than four readings all that grew."""
    if len(memory) <= THIRDS:
        return memory[-1].mib - memory[0].mib
    begun_s, ended_s = memory[0].t_s, memory[-1].t_s
    moments = [begun_s + (ended_s - begun_s) * part / THIRDS for part in range(THIRDS + 1)]
    at = np.interp(moments, [each.t_s for each in memory], [each.mib for each in memory])
    return THIRDS * float(np.diff(at).min())
