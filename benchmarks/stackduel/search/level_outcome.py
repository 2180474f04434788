"""What a trial at a rate says about a service level: kept, broken, or not to be told."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Literal

import msgspec

from stackduel.analysis.gates import KINDS
from stackduel.analysis.slo import Slo
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Failure, Result, Trial

# A window holds so many more requests than the percentile needs, for those that fail.
SPARE = 1.05
FEWEST_CONNECTIONS = 256
MOST_CONNECTIONS = 10_000
# Gates that a server closes, too, by letting no connection become free.
_BY_EITHER = frozenset({"lateness", "sent"})


@dataclass(frozen=True, slots=True)
class LevelOutcome:
    """Whether the service level was ``kept`` or ``broken``, or else ``untold``, as the generator or host ended it."""

    word: Literal["kept", "broken", "untold"]
    why: str = ""


def answer(result: Result, slo: Slo) -> LevelOutcome:
    """What a trial, or the failure of its server, says about the service level."""
    if isinstance(result, Failure):
        return LevelOutcome("broken", result.reason.partition("\n")[0])
    found = result.measurement
    if result.counts:
        broken = slo.broken_by(found)
        return LevelOutcome("broken", broken) if broken else LevelOutcome("kept")
    if _of_the_server(result) and found.service is not None:
        # Time from the sending on is the server's own, however late it was sent.
        broken = slo.broken_by_latency(found.service)
        if broken:
            return LevelOutcome("broken", f"{broken}, counted from the sending")
    return LevelOutcome("untold", result.reason or "the trial does not count")


def at_rate(load: OpenLoop, rate_rps: float, slo: Slo) -> OpenLoop:
    """The load at another rate: its window long enough for the percentiles, its connections never the limit.

    When twice as many requests are unanswered as may arrive within the slowest bound, that is broken anyway (Little's
    law), so more connections than that can change no answer.
    """
    connections = ceil(min(MOST_CONNECTIONS, max(FEWEST_CONNECTIONS, 2 * rate_rps * slo.slowest_s)))
    return msgspec.structs.replace(
        load,
        rate_rps=rate_rps,
        duration_s=max(load.duration_s, SPARE * slo.fewest / rate_rps),
        connections=max(load.connections, connections),
    )


def rounded(rate_rps: float) -> float:
    """A rate in three digits, as nobody needs more."""
    return round(rate_rps, 2 - floor(log10(rate_rps)))


def _of_the_server(trial: Trial) -> bool:
    closed = {gate.name for gate in trial.gates if not gate.ok}
    return closed <= _BY_EITHER and closed <= set(KINDS)
