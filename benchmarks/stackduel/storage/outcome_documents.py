"""The results beside the trials, as run.json holds them: of searches, of models measured alone, of service levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from stackduel.model.findings import Finding, SearchResult
from stackduel.model.histogram import LatencySummary, summarise
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement, IsolatedResult
from stackduel.model.service_level import ServiceLevelResult
from stackduel.storage.encoded_histogram import EncodedHistogram, decoded
from stackduel.storage.json_values import NonNegative, to_builtins


class FindingHead(Struct, frozen=True, kw_only=True):
    """The keys of every finding, beside the figures of its kind."""

    stack: str
    scenario: str
    sentence: str


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding as its document: its head, its kind and the figures of that kind."""
    head = FindingHead(stack=finding.stack, scenario=finding.scenario, sentence=finding.found.sentence)
    return {**to_builtins(head), **to_builtins(finding.found)}


def finding_from_dict(content: Mapping[str, Any]) -> Finding:
    """Return the finding of a document; raise ValueError if the document is none."""
    head = msgspec.convert(content, FindingHead)
    result: SearchResult = msgspec.convert(content, SearchResult)
    return Finding(head.stack, head.scenario, result)


class IsolatedDocument(Struct, frozen=True, kw_only=True):
    """A model measured alone; of a failure ``reason`` says why, and all figures are null."""

    model: str
    block: NonNegative
    reason: str | None = None
    pool: NonNegative | None = None
    requests: NonNegative | None = None
    duration_s: float | None = None
    rate_rps: float | None = None
    infer_ms: LatencySummary | None = None
    histogram: EncodedHistogram | None = None

    @staticmethod
    def of(alone: IsolatedResult) -> IsolatedDocument:
        """Return a measurement or a failure as its document."""
        if isinstance(alone, IsolatedFailure):
            return IsolatedDocument(model=alone.model, block=alone.block, reason=alone.reason)
        return IsolatedDocument(
            model=alone.model,
            block=alone.block,
            pool=alone.pool,
            requests=alone.requests,
            duration_s=alone.duration_s,
            rate_rps=alone.rate_rps,
            infer_ms=summarise(alone.infer),
            histogram=alone.infer.encode(),
        )

    def result(self) -> IsolatedResult:
        """Return the measurement or failure; raise ValueError where a figure is missing."""
        if self.reason is not None:
            return IsolatedFailure(self.model, self.block, self.reason)
        if self.pool is None or self.requests is None or self.duration_s is None or self.rate_rps is None:
            raise ValueError(f"isolated: {self.model}, block {self.block}: a figure is missing")
        if self.histogram is None or self.infer_ms is None:
            raise ValueError(f"isolated: {self.model}, block {self.block}: the histogram is missing")
        infer = decoded(self.histogram, self.infer_ms)
        return IsolatedMeasurement(
            self.model, self.block, self.pool, self.requests, self.duration_s, self.rate_rps, infer
        )


class ServiceLevelDocument(Struct, frozen=True, kw_only=True):
    """Whether a stack kept a bound; a bound in milliseconds and one on a share have keys of their own."""

    scenario: str
    stack: str
    name: str
    bound_ms: float | None
    measured_ms: float | None
    bound_share: float | None
    measured_share: float | None
    ok: bool | None
    reason: str | None

    @staticmethod
    def of(kept: ServiceLevelResult) -> ServiceLevelDocument:
        """Return a result as its document."""
        ms = (None, None) if kept.is_share else (kept.bound, kept.measured)
        share = (kept.bound, kept.measured) if kept.is_share else (None, None)
        return ServiceLevelDocument(
            scenario=kept.scenario,
            stack=kept.stack,
            name=kept.name,
            bound_ms=ms[0],
            measured_ms=ms[1],
            bound_share=share[0],
            measured_share=share[1],
            ok=kept.ok,
            reason=kept.reason,
        )

    def result(self) -> ServiceLevelResult:
        """Return the result; raise ValueError where it has no bound."""
        bound = self.bound_ms if self.bound_share is None else self.bound_share
        measured = self.measured_ms if self.bound_share is None else self.measured_share
        if bound is None:
            raise ValueError(f"slas: {self.scenario}, {self.stack}, {self.name}: the bound is missing")
        return ServiceLevelResult(self.scenario, self.stack, self.name, bound, measured, self.ok, self.reason)
