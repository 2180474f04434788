"""A model measured alone, as run.json holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from stackduel.model.histogram import summarise
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement, IsolatedResult
from stackduel.storage.stored_histogram import stored_histogram


def alone_to_dict(alone: IsolatedResult) -> dict[str, Any]:
    """The document of a measurement: the same keys whether it came to something or not."""
    if isinstance(alone, IsolatedFailure):
        return {"model": alone.model, "block": alone.block, "reason": alone.reason, **dict.fromkeys(_KEYS)}
    return {
        "model": alone.model,
        "block": alone.block,
        "reason": None,
        "pool": alone.pool,
        "requests": alone.requests,
        "duration_s": alone.duration_s,
        "rate_rps": alone.rate_rps,
        "infer_ms": asdict(summarise(alone.infer)),
        "histogram": alone.infer.encode(),
    }


_KEYS = ("pool", "requests", "duration_s", "rate_rps", "infer_ms", "histogram")


def alone_from_dict(content: Mapping[str, Any]) -> IsolatedResult:
    """The measurement of a document; raises KeyError, TypeError or ValueError where it is none."""
    if content["reason"] is not None:
        return IsolatedFailure(content["model"], content["block"], content["reason"])
    return IsolatedMeasurement(
        model=content["model"],
        block=content["block"],
        pool=content["pool"],
        requests=content["requests"],
        duration_s=content["duration_s"],
        rate_rps=content["rate_rps"],
        infer=stored_histogram(content["histogram"], content["infer_ms"]),
    )
