"""A kept or broken service level, as run.json holds it."""

from __future__ import annotations

from collections.abc import Mapping

from stackduel.model.service_level import ERRORS, ServiceLevelResult


def sla_to_dict(sla: ServiceLevelResult) -> Mapping[str, object]:
    """The document of a promise; what is a share stands in keys of its own, as it is no milliseconds."""
    ms = (None, None) if sla.is_share else (sla.bound, sla.measured)
    share = (sla.bound, sla.measured) if sla.is_share else (None, None)
    return {
        "scenario": sla.scenario, "stack": sla.stack, "name": sla.name,
        "bound_ms": ms[0], "measured_ms": ms[1], "bound_share": share[0], "measured_share": share[1],
        "ok": sla.ok, "reason": sla.reason,
    }  # fmt: skip


def sla_from_dict(content: Mapping[str, object]) -> ServiceLevelResult:
    """The promise of a document; raises KeyError or TypeError where it is none."""
    kind = "share" if content["name"] == ERRORS else "ms"
    bound, measured = content[f"bound_{kind}"], content[f"measured_{kind}"]
    return ServiceLevelResult(
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
