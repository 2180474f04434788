"""The results beside the trials, as run.json holds them: of searches, of models measured alone, of service levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from stackduel.model.findings import Finding, SearchResult
from stackduel.model.histogram import LatencySummary, summarise
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement, IsolatedResult
from stackduel.model.service_level import LevelUnit, ServiceLevelResult
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
    """Whether a stack kept a bound; bounds in milliseconds, on a share, on a rate and in MiB have their own keys."""

    scenario: str
    stack: str
    name: str
    bound_ms: float | None
    measured_ms: float | None
    bound_share: float | None
    measured_share: float | None
    ok: bool | None
    reason: str | None
    bound_rps: float | None = None
    measured_rps: float | None = None
    bound_mib: float | None = None
    measured_mib: float | None = None

    @staticmethod
    def of(kept: ServiceLevelResult) -> ServiceLevelDocument:
        """Return a result as its document."""

        def of(unit: LevelUnit, value: float | None) -> float | None:
            return value if kept.unit == unit else None

        return ServiceLevelDocument(
            scenario=kept.scenario,
            stack=kept.stack,
            name=kept.name,
            bound_ms=of("ms", kept.bound),
            measured_ms=of("ms", kept.measured),
            bound_share=of("share", kept.bound),
            measured_share=of("share", kept.measured),
            ok=kept.ok,
            reason=kept.reason,
            bound_rps=of("rps", kept.bound),
            measured_rps=of("rps", kept.measured),
            bound_mib=of("mib", kept.bound),
            measured_mib=of("mib", kept.measured),
        )

    def result(self) -> ServiceLevelResult:
        """Return the result; raise ValueError where it has no bound."""
        pairs = (
            *((self.bound_ms, self.measured_ms), (self.bound_share, self.measured_share)),
            *((self.bound_rps, self.measured_rps), (self.bound_mib, self.measured_mib)),
        )
        for bound, measured in pairs:
            if bound is not None:
                return ServiceLevelResult(self.scenario, self.stack, self.name, bound, measured, self.ok, self.reason)
        raise ValueError(f"slas: {self.scenario}, {self.stack}, {self.name}: the bound is missing")
