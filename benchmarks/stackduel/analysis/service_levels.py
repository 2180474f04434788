"""Service levels that a scenario promises: bounds of its latencies, of where they go, and of its errors (pure).

``sla = { p99_ms = 100, infer_p99_ms = 10, errors = 0.01 }`` in a scenario. Whether a stack keeps them is told over all
of its blocks together; a percentile of too few requests is not told at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from stackduel.model.histogram import Histogram
from stackduel.model.suite import Promise, Scenario
from stackduel.model.trial import Result, Trial
from stackduel.planning.fields import FieldError, Fields
from stackduel.search.slo import LONGEST_MS, MEAN, Bound

ERRORS = "errors"
TOO_FEW = "not enough requests"
NOT_TOLD = "its answers do not tell"
# What an answer's Server-Timing tells, the service's whole time, and what of the latency lay outside of that.
SPANS = ("app", "io", "pre", "queue", "infer", "post", "total", "outside")
FIGURES = ("p50", "p90", "p95", "p99", MEAN)
_NAME = re.compile(rf"(?:(?:{'|'.join(SPANS)})_)?(?:{'|'.join(FIGURES)})_ms")


@dataclass(frozen=True, slots=True)
class Sla:
    """Whether a stack kept one bound of a scenario: ``measured`` and ``ok`` are None where too few requests tell.

    Milliseconds, but for ``errors``, which is a share of all requests. ``reason`` says why nothing could be told.
    """

    scenario: str
    stack: str
    name: str
    bound: float
    measured: float | None
    ok: bool | None
    reason: str | None = None

    @property
    def is_share(self) -> bool:
        """Whether bound and measured are a share instead of milliseconds."""
        return self.name == ERRORS


def parse_sla(fields: Fields) -> tuple[Promise, ...]:
    """Take the table ``sla`` out of ``fields``; raises FieldError, naming the bound that cannot be one."""
    table = Fields(f"{fields.where}: sla", fields.table("sla", default={}))
    return tuple(_promise(table, name) for name in fields.table("sla", default={}))


def _promise(table: Fields, name: str) -> Promise:
    if name == ERRORS:
        return Promise(name, table.number(name, 0.0, 1.0))
    if not _NAME.fullmatch(name):
        raise FieldError(
            f"{table.where}: {name}: must be one of {', '.join(f'{each}_ms' for each in FIGURES)}, any of them after "
            f"one of {', '.join(f'{each}_' for each in SPANS)}; or {ERRORS}"
        )
    return Promise(name, table.number(name, 0.001, LONGEST_MS))


def slas(results: Iterable[Result], scenarios: Sequence[Scenario], stacks: Iterable[str]) -> tuple[Sla, ...]:
    """What became of each scenario's promises on each stack that was measured there, over all blocks together."""
    trials: dict[tuple[str, str], list[Trial]] = {}
    for result in results:
        if isinstance(result, Trial) and result.counts:
            trials.setdefault((result.place.scenario, result.place.stack), []).append(result)
    names = tuple(stacks)
    return tuple(
        _kept(scenario.name, stack, promise, found)
        for scenario in scenarios
        for stack in names
        if (found := trials.get((scenario.name, stack)))
        for promise in scenario.sla
    )


def _kept(scenario: str, stack: str, promise: Promise, trials: Sequence[Trial]) -> Sla:
    if promise.name == ERRORS:
        share = _failed(trials)
        return Sla(scenario, stack, promise.name, promise.bound, share, share <= promise.bound)
    span, _, figure = promise.name.removesuffix("_ms").rpartition("_")
    merged = reduce(Histogram.merge, _histograms(span, trials), Histogram.empty())
    measured = Bound(figure, promise.bound).of(merged)
    if measured is None:
        reason = TOO_FEW if merged.count or not span else NOT_TOLD
        return Sla(scenario, stack, promise.name, promise.bound, None, None, reason)
    return Sla(scenario, stack, promise.name, promise.bound, measured, measured <= promise.bound)


def _failed(trials: Sequence[Trial]) -> float:
    return sum(each.measurement.failed for each in trials) / sum(each.measurement.requests for each in trials)


def _histograms(span: str, trials: Sequence[Trial]) -> Iterable[Histogram]:
    for trial in trials:
        if not span:
            yield trial.measurement.latency
        elif trial.measurement.spans and span in trial.measurement.spans:
            yield trial.measurement.spans[span]


def in_words(sla: Sla) -> str:
    """A promise and what became of it: ``p99 <= 100 ms: 80.4 ms, kept``."""
    bound = f"{100 * sla.bound:g} %" if sla.is_share else f"{sla.bound:g} ms"
    name = sla.name.removesuffix("_ms").replace("_", " ")
    if sla.measured is None:
        return f"{name} <= {bound}: {sla.reason}"
    measured = f"{100 * sla.measured:.3g} %" if sla.is_share else f"{sla.measured:,.4g} ms"
    return f"{name} <= {bound}: {measured}, {'kept' if sla.ok else 'broken'}"


def sla_to_dict(sla: Sla) -> Mapping[str, object]:
    """The document of a promise; what is a share stands in keys of its own, as it is no milliseconds."""
    ms = (None, None) if sla.is_share else (sla.bound, sla.measured)
    share = (sla.bound, sla.measured) if sla.is_share else (None, None)
    return {
        "scenario": sla.scenario, "stack": sla.stack, "name": sla.name,
        "bound_ms": ms[0], "measured_ms": ms[1], "bound_share": share[0], "measured_share": share[1],
        "ok": sla.ok, "reason": sla.reason,
    }  # fmt: skip


def sla_from_dict(content: Mapping[str, object]) -> Sla:
    """The promise of a document; raises KeyError or TypeError where it is none."""
    kind = "share" if content["name"] == ERRORS else "ms"
    bound, measured = content[f"bound_{kind}"], content[f"measured_{kind}"]
    return Sla(
        scenario=str(content["scenario"]),
        stack=str(content["stack"]),
        name=str(content["name"]),
        bound=_number(bound),
        measured=None if measured is None else _number(measured),
        ok=None if content["ok"] is None else bool(content["ok"]),
        reason=None if content["reason"] is None else str(content["reason"]),
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)
