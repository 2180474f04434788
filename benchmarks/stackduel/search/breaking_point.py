"""Breaking point: raise the rate of an open loop until requests fail or take too long."""

from __future__ import annotations

from collections.abc import Generator

from stackduel.analysis.slo import Bound, Slo
from stackduel.model.search_results.breaking_point import BreakingPoint, RampStep
from stackduel.model.search_settings import BreakingPointSettings
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Result, Trial
from stackduel.search.level_outcome import LevelOutcome, at_rate, level_outcome, rounded
from stackduel.search.probe import Probe, Search

LOWEST_RPS = 1.0


def search_breaking_point(load: OpenLoop, settings: BreakingPointSettings) -> Search[BreakingPoint]:
    """Raise the rate, beginning with the load's, until the server breaks; lower it if the first rate breaks it."""
    slo = Slo((Bound("p99", settings.p99_ms),), settings.errors)
    steps: list[RampStep] = []
    held: float | None = None
    broken: float | None = None
    rate_rps, fresh, what = min(load.rate_rps, settings.most_rps), True, ""
    while True:
        outcome = yield from _try(load, rate_rps, slo, steps, fresh=fresh)
        fresh = outcome.state == "broken"
        if outcome.state == "unknown":
            what = f"the generator or the host, not the server, at {rate_rps:g} req/s: {outcome.reason}"
            break
        if outcome.state == "kept":
            held = rate_rps
            if broken is not None:
                break
            if rate_rps >= settings.most_rps:
                what = f"{rate_rps:g} req/s is the highest rate to try"
                break
            rate_rps = min(max(rounded(rate_rps * settings.factor), rate_rps + 0.01), settings.most_rps)
        else:
            broken, what = rate_rps, outcome.reason
            if held is not None or rate_rps <= LOWEST_RPS:
                break
            rate_rps = max(rounded(rate_rps / settings.factor), LOWEST_RPS)
    bounds = f"{slo.bounds[0]}, errors <= {100 * slo.errors:g} %"
    return BreakingPoint(bounds, held, broken, what, tuple(steps))


def _try(
    load: OpenLoop, rate_rps: float, slo: Slo, steps: list[RampStep], *, fresh: bool
) -> Generator[Probe, Result, LevelOutcome]:
    result = yield Probe(at_rate(load, rate_rps, slo), fresh)
    outcome = level_outcome(result, slo)
    if outcome.state != "unknown":
        measured = result.measurement if isinstance(result, Trial) else None
        failed = measured.failed / measured.requests if measured and measured.requests else None
        p99_ms = slo.bounds[0].of(measured.latency) if measured else None
        steps.append(RampStep(rate_rps, outcome.state == "kept", failed, p99_ms))
    return outcome
