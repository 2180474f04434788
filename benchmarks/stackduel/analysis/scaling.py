"""The results of a scaling from its trials: throughput, speedup and efficiency by cores, and the law they follow."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, interval, log_ratios, mean_interval
from stackduel.analysis.statistics.scalability_law import fit_law
from stackduel.model.counted import counted
from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingArm, ScalingSettings
from stackduel.model.search_results.scaling import FEWEST_POINTS, ScalabilityLaw, Scaling, ScalingPoint
from stackduel.model.trial import Trial

# Points that chance puts so far off the law more rarely than this do not follow it.
MISFIT = 0.01


def with_scaling(run: Run, settings: ScalingSettings) -> Run:
    """Return the run of a scaling with its results so far."""
    for scenario in run.suite.scenarios:
        for stack in settings.stacks:
            found = scaling_of(run, settings, scenario.name, stack)
            if found is not None:
                run = run.with_finding(Finding(settings.arms_of(stack)[0].name, scenario.name, found))
    return run


def scaling_of(run: Run, settings: ScalingSettings, scenario: str, stack: str) -> Scaling | None:
    """Return how a stack scales in a scenario, None as long as nothing of it was measured."""
    arms = [_MeasuredArm.of(arm, run.trials(scenario, arm.name)) for arm in settings.arms_of(stack)]
    measured = [each for each in arms if each.rates]
    if not measured:
        return None
    one = next((each for each in measured if each.arm.cores == 1), None)
    points = tuple(_point(each, one, len(settings.counts) - 1) for each in measured)
    law, no_law = _law(measured)
    return Scaling(stack, points, law, no_law)


@dataclass(frozen=True, slots=True)
class _MeasuredArm:
    """An arm, its rate in each block, and the blocks whose trial was kept in spite of the host's noise."""

    arm: ScalingArm
    rates: Mapping[int, float]
    noisy: frozenset[int]

    @classmethod
    def of(cls, arm: ScalingArm, trials: Sequence[Trial]) -> _MeasuredArm:
        known = [each for each in trials if each.measurement.succeeded]
        rates = {each.place.block: each.rate_rps for each in known}
        return cls(arm, rates, frozenset(each.place.block for each in known if each.state == "noisy"))

    @property
    def quiet(self) -> dict[int, float]:
        """The rates of the trials without noise."""
        return {block: rate for block, rate in self.rates.items() if block not in self.noisy}


def _point(each: _MeasuredArm, one: _MeasuredArm | None, comparisons: int) -> ScalingPoint:
    rates = list(each.rates.values())
    bounds = mean_interval(rates)
    speedup, low, high = _speedup(each, one, max(1, comparisons))
    return ScalingPoint(
        cores=each.arm.cores,
        blocks=len(rates),
        noisy=len(each.noisy),
        rate_rps=statistics.fmean(rates),
        low_rps=bounds[0] if bounds else None,
        high_rps=bounds[1] if bounds else None,
        speedup=speedup,
        low=low,
        high=high,
        shared=each.arm.shared,
    )


def _speedup(
    each: _MeasuredArm, one: _MeasuredArm | None, comparisons: int
) -> tuple[float | None, float | None, float | None]:
    """Return the speedup over one core in the same blocks, with its interval where enough blocks are without noise."""
    if one is None or each is one:
        return (None if one is None else 1.0), None, None
    found = interval(_logs(each.quiet, one.quiet), comparisons)
    if found is not None:
        return found.ratio, found.low, found.high
    logs = _logs(each.rates, one.rates)
    return (math.exp(statistics.fmean(logs)) if logs else None), None, None


def _logs(own: Mapping[int, float], other: Mapping[int, float]) -> tuple[float, ...]:
    both = sorted(own.keys() & other.keys())
    return log_ratios([own[block] for block in both], [other[block] for block in both])


def _law(arms: Sequence[_MeasuredArm]) -> tuple[ScalabilityLaw | None, str | None]:
    """Return the law that an arm's quiet trials follow, else the sentence that says why there is none."""
    usable = [each for each in arms if not each.arm.shared and len(each.quiet) >= FEWEST_BLOCKS]
    if len(usable) < FEWEST_POINTS:
        were = "was" if len(usable) == 1 else "were"
        reasons = "; ".join(_left_out(arms))
        return None, (
            f"No curve: it takes {FEWEST_POINTS} numbers of cores, each in {FEWEST_BLOCKS} blocks, and "
            f"{len(usable) or 'none'} {were} measured so{f' ({reasons})' if reasons else ''}."
        )
    blocks = sorted({block for each in usable for block in each.quiet})
    law = fit_law([{each.arm.cores: each.quiet[block] for each in usable if block in each.quiet} for block in blocks])
    if law is None:
        return None, "No curve: too few trials of the same blocks were measured."
    if law.misfit_p < MISFIT:
        return None, (
            "No curve: the points do not follow the universal scalability law; chance alone puts them so far off it in "
            f"{100 * law.misfit_p:.1g} % of runs. A jump between two of them says where to look."
        )
    return law, None


def _left_out(arms: Sequence[_MeasuredArm]) -> Iterator[str]:
    """Yield why points do not count for the curve."""
    shared = [each.arm.cores for each in arms if each.arm.shared]
    if shared:
        yield f"on {', '.join(map(str, shared))} cores the generator took time from the server"
    noisy = sum(len(each.noisy) for each in arms)
    if noisy:
        yield f"{counted(noisy, 'trial')} noisy"
