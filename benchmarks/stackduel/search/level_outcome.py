"""The outcome of a trial at one rate: its service level was kept or broken, or is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Literal

import msgspec

from stackduel.analysis.gates import KINDS
from stackduel.analysis.slo import Slo
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Failure, Result, Trial

# The factor by which a window holds more requests than the percentile needs, as some of them fail.
SPARE = 1.05
FEWEST_CONNECTIONS = 256
MOST_CONNECTIONS = 10_000
# Gates that a slow server closes as well, because no connection becomes free.
_BY_EITHER = frozenset({"lateness", "sent"})


@dataclass(frozen=True, slots=True)
class LevelOutcome:
    """Whether the service level was ``kept`` or ``broken``; ``unknown`` where the generator or the host failed.

    ``nothing_right`` says that no request at all got a right answer.
    """

    state: Literal["kept", "broken", "unknown"]
    reason: str = ""
    nothing_right: bool = False


def level_outcome(result: Result, slo: Slo) -> LevelOutcome:
    """Return whether a trial, or the failure of its server, kept the service level."""
    if isinstance(result, Failure):
        return LevelOutcome("broken", result.reason.partition("\n")[0])
    measurement = result.measurement
    if result.counts:
        broken = slo.broken_by(measurement)
        nothing_right = measurement.requests > 0 and not measurement.succeeded
        return LevelOutcome("broken", broken, nothing_right) if broken else LevelOutcome("kept")
    if _by_the_server(result) and measurement.service is not None:
        # The time since sending is the server's, even if the request was sent late.
        broken = slo.broken_by_latency(measurement.service)
        if broken:
            return LevelOutcome("broken", f"{broken}, counted from sending")
    return LevelOutcome("unknown", result.reason or "the trial is not valid")


def at_rate(load: OpenLoop, rate_rps: float, slo: Slo) -> OpenLoop:
    """Return the load at another rate, with a window long enough for the percentiles, and enough connections.

    If twice as many requests are unanswered as arrive within the slowest bound, that bound is broken anyway (Little's
    law), so more connections than that cannot change the outcome.
    """
    connections = ceil(min(MOST_CONNECTIONS, max(FEWEST_CONNECTIONS, 2 * rate_rps * slo.slowest_s)))
    return msgspec.structs.replace(
        load,
        rate_rps=rate_rps,
        duration_s=max(load.duration_s, SPARE * slo.fewest / rate_rps),
        connections=max(load.connections, connections),
    )


def rounded(rate_rps: float) -> float:
    """Return a rate rounded to three digits."""
    return round(rate_rps, 2 - floor(log10(rate_rps)))


def _by_the_server(trial: Trial) -> bool:
    closed = {gate.name for gate in trial.gates if not gate.ok}
    return closed <= _BY_EITHER and closed <= set(KINDS)
