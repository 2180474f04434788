"""Soak: one load for a long time: whether memory grows, and whether it is served as well as at first (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from stackduel.analysis.statistics.slopes import Slope, slope
from stackduel.model.duration import duration
from stackduel.model.histogram import Histogram, summarise
from stackduel.model.search_settings import SoakSettings
from stackduel.model.suite import Load
from stackduel.model.trial import Failure, Memory, Trial
from stackduel.search.probe import Probe, Search

# Of the time, at its beginning: what fills caches there is no leak.
SETTLING = 0.1
PIECES = 12
# Memory that may fill the budget within a day, for all that is known, is not told to be no leak.
DAY_H = 24


@dataclass(frozen=True, slots=True)
class Third:
    """How a third of the time was served; None where nothing of it counts, or too few requests tell."""

    rate_rps: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Soak:
    """What a long load made of one stack.

    ``slope`` is that of its memory in MiB per hour, None where memory could not be read often enough. ``full_in_h`` is
    when it would reach the budget at that slope, None where it does not surely grow. ``disturbed`` pieces are in the
    memory, and not in ``first`` and ``last``, the thirds. ``ended`` says why it did not last as long as it should have.
    """

    duration_s: float
    requests: int
    failed: int
    memory_mib: float | None
    budget_mib: int
    slope: Slope | None
    full_in_h: float | None
    first: Third
    last: Third
    disturbed: int = 0
    ended: str = ""

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        parts = [f"{self._memory()} in {duration(self.duration_s)}"]
        if self.first.rate_rps is not None and self.last.rate_rps is not None:
            change = f", {100 * (self.last.rate_rps / self.first.rate_rps - 1):+.1f} %" if self.first.rate_rps else ""
            parts.append(
                f"rate {self.first.rate_rps:,.4g} req/s in the first third and {self.last.rate_rps:,.4g} in the last"
                + change
            )
        if self.first.p99_ms is not None and self.last.p99_ms is not None:
            parts.append(f"p99 {self.first.p99_ms:,.4g} ms, then {self.last.p99_ms:,.4g} ms")
        parts.append(f"{self.failed:,} of {self.requests:,} requests failed")
        if self.disturbed:
            parts.append(f"{self.disturbed} of the pieces it was measured in were disturbed")
        if self.ended:
            parts.append(f"it ended early: {self.ended}")
        return "; ".join(parts) + "."

    def _memory(self) -> str:
        found = self.slope
        if found is None:
            return "Memory was not read often enough for a slope"
        text = f"{found.value:+.3g} MiB/h ({found.low:+.3g} to {found.high:+.3g})"
        if found.low > 0:
            full = f", {_hours(self.full_in_h)} to the budget of {self.budget_mib} MiB" if self.full_in_h else ""
            return f"Memory grows by {text}{full}"
        if found.high * DAY_H > self.budget_mib:
            return f"Too short to tell whether memory grows: slope {text}"
        return f"No leak seen: memory slope {text}"


def search_soak(load: Load, settings: SoakSettings) -> Search[Soak]:
    """Apply the load piece by piece on one server, so that an interruption loses the last piece at most."""
    assert load.duration_s is not None  # noqa: S101 - such loads alone are begun
    piece = replace(load, duration_s=load.duration_s / PIECES)
    trials: list[Trial] = []
    for number in range(1, PIECES + 1):
        so_far = soaked(trials, settings) if trials else None
        probe = Probe(piece, fresh=number == 1, name=f"{number}of{PIECES}", once=True, so_far=so_far)
        result = yield probe
        if isinstance(result, Failure):
            return soaked(trials, settings, ended=result.reason.partition("\n")[0])
        trials.append(result)
        # Only the first of them finds a server that is not warm.
        piece = replace(piece, warmup_s=0.0, stable_within_s=0.0)
    return soaked(trials, settings)


def soaked(trials: Sequence[Trial], settings: SoakSettings, ended: str = "") -> Soak:
    """What these pieces, one after another on one server, show."""
    points = _joined(trials)
    total_s = sum(trial.measurement.duration_s for trial in trials)
    kept = [point for point in points if point.t_s >= SETTLING * total_s]
    found = slope([point.t_s / 3600 for point in kept], [point.mib for point in kept])
    now_mib = points[-1].mib if points else None
    full_in_h = None
    if found is not None and found.low > 0 and now_mib is not None:
        full_in_h = max(0.0, settings.memory_mib - now_mib) / found.value
    # Of fewer than three pieces there is no last third to be compared.
    third = len(trials) // 3
    return Soak(
        duration_s=total_s,
        requests=sum(trial.measurement.requests for trial in trials),
        failed=sum(trial.measurement.failed for trial in trials),
        memory_mib=now_mib,
        budget_mib=settings.memory_mib,
        slope=found,
        full_in_h=full_in_h,
        first=_third(trials[:third]),
        last=_third(trials[-third:] if third else ()),
        disturbed=sum(not trial.counts for trial in trials),
        ended=ended,
    )


def _joined(trials: Sequence[Trial]) -> list[Memory]:
    """The memory of all pieces on one axis of time, which begins with the first window."""
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
    latency = reduce(Histogram.merge, (each.latency for each in counted), Histogram.empty())
    return Third(rate_rps, summarise(latency).p99)


def _hours(hours: float | None) -> str:
    return duration(3600 * (hours or 0.0))
