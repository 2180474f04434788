"""The screening of a tuning: the candidates in the order in which their single windows put them."""

from __future__ import annotations

from collections.abc import Sequence

from stackduel.analysis.failure_shares import commonest_failure
from stackduel.analysis.slo import parse_slo
from stackduel.model.histogram import summarise
from stackduel.model.run import Run
from stackduel.model.search_results.tuned import Screened
from stackduel.model.trial import Failure, Trial
from stackduel.model.tune_settings import TuneSettings, round_name

# For the objective of the least memory a candidate must serve so much of what the current command serves.
KEPT_SHARE = 0.9


def ranked(run: Run, settings: TuneSettings, number: int, stacks: Sequence[str]) -> tuple[str, ...]:
    """Return those of the stacks that a round measured without any failed request, the best one first."""
    scenario = run.suite.scenarios[0].name
    current_rps = next((each.rate_rps for each in run.trials(round_name(scenario, 1), run.baseline)), 0.0)
    scored = {
        stack: _score(trials[-1], settings, current_rps)
        for stack in stacks
        if (trials := run.trials(round_name(scenario, number), stack)) and not trials[-1].measurement.failed
    }
    return tuple(sorted(scored, key=lambda stack: scored[stack], reverse=True))


def screened(run: Run, settings: TuneSettings) -> tuple[Screened, ...]:
    """Return each candidate in the last round that it was in, in the order of the candidates."""
    scenario = run.suite.scenarios[0].name
    found = []
    for candidate in settings.candidates:
        number = 1
        while any(run.attempts(round_name(scenario, number + 1), candidate.stack)):
            number += 1
        attempts = list(run.attempts(round_name(scenario, number), candidate.stack))
        if attempts:
            found.append(_screened(candidate.stack, number, attempts[-1]))
    return tuple(found)


def failed_text(trials: Sequence[Trial]) -> str | None:
    """Return how many requests failed, and how most of them did; None if none did. The notes have an answer."""
    failed = sum(trial.measurement.failed for trial in trials)
    if not failed:
        return None
    requests = sum(trial.measurement.requests for trial in trials)
    return f"{failed:,} of {requests:,} requests failed, mostly {commonest_failure(trials) or 'unknown'}"


def _screened(stack: str, number: int, result: Trial | Failure) -> Screened:
    if isinstance(result, Failure):
        return Screened(stack, number, reason=result.reason.partition("\n")[0])
    latency = summarise(result.measurement.latency)
    memory_mib = result.cost.memory_peak_mib if result.cost else None
    reason = failed_text([result]) or (None if result.counts else result.reason)
    return Screened(stack, number, result.rate_rps, latency.p99, memory_mib, reason)


def _score(trial: Trial, settings: TuneSettings, current_rps: float) -> tuple[float, float]:
    """Return what a window is worth by the objective: a service level that is kept counts before everything else."""
    latency = summarise(trial.measurement.latency)
    kept = 1.0
    if settings.slo is not None:
        kept = float(parse_slo(settings.slo).broken_by(trial.measurement) is None)
    if settings.objective == "p99":
        return kept, -(latency.p99 or latency.mean or float("inf"))
    if settings.objective == "memory":
        serves = float(trial.rate_rps >= KEPT_SHARE * current_rps)
        return kept * serves, -(trial.cost.memory_peak_mib if trial.cost else float("inf"))
    return kept, trial.rate_rps
