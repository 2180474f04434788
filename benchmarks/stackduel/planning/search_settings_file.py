"""The mode of a suite file and its parameters, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stackduel.analysis.slo import parse_slo
from stackduel.model.client_settings import LeavingSettings, SlowReadersSettings
from stackduel.model.errors import FieldError
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.search_settings import (
    MOST_RATE_RPS,
    BreakingPointSettings,
    CapacitySettings,
    ColdStartSettings,
    RecyclingSettings,
    SearchSettings,
    ShutdownSettings,
    SoakSettings,
    SustainedSettings,
)
from stackduel.planning.fields import Fields
from stackduel.planning.load_file import MAX_CONNECTIONS

COMPARE = "compare"
MOST_CONFIRMATIONS = 100


def parse_settings(fields: Fields) -> SearchSettings | None:
    """Take ``mode`` and the table ``search`` out of a suite's ``fields``; None for suites that compare.

    Raises FieldError that names the field and its bounds.
    """
    mode = fields.choice("mode", (COMPARE, *_PARSERS), default=COMPARE)
    table = fields.table("search", default={})
    if mode == COMPARE:
        if table:
            raise FieldError(f"{fields.where}: search: needs a mode that searches: {', '.join(_PARSERS)}")
        return None
    parameters = Fields(f"{fields.where}: search", table)
    settings = _PARSERS[mode](parameters)
    parameters.finish()
    return settings


def _capacity(fields: Fields) -> CapacitySettings:
    usual = CapacitySettings()
    slo = fields.text("slo", default=usual.slo)
    try:
        parse_slo(slo)
    except ValueError as error:
        raise FieldError(f"{fields.where}: slo: {error}") from error
    return CapacitySettings(
        slo=slo,
        resolution=fields.number("resolution", 0.005, 1.0, default=usual.resolution),
        confirmations=_confirmations(fields),
        most_rps=_most_rps(fields),
        demand_rps=fields.number("demand", 0.01, 1e9, default=None),
        headroom=fields.number("headroom", 0.05, 1.0, default=usual.headroom),
        cost_per_replica=fields.number("cost_per_replica", 0, 1e9, default=None),
        most_streams=fields.integer("most_streams", 1, MAX_CONNECTIONS, default=None),
    )


def _sustained(fields: Fields) -> SustainedSettings:
    usual = SustainedSettings()
    return SustainedSettings(
        most_connections=fields.integer("most_connections", 1, 10_000, default=usual.most_connections),
        confirmations=_confirmations(fields),
        margin=fields.number("margin", 0.001, 0.5, default=usual.margin),
    )


def _breaking_point(fields: Fields) -> BreakingPointSettings:
    usual = BreakingPointSettings()
    return BreakingPointSettings(
        p99_ms=fields.number("p99_ms", 0.1, 3_600_000, default=usual.p99_ms),
        errors=fields.number("errors", 0, 1, default=usual.errors),
        factor=fields.number("factor", 1.05, 10, default=usual.factor),
        most_rps=_most_rps(fields),
    )


def _cold_start(fields: Fields) -> ColdStartSettings:
    return ColdStartSettings(launches=fields.integer("launches", 1, 1000, default=ColdStartSettings().launches))


def _shutdown(fields: Fields) -> ShutdownSettings:
    return ShutdownSettings(
        rounds=_rounds(fields), grace_s=fields.number("grace_s", 0.1, 600, default=ShutdownSettings().grace_s)
    )


def _leaving(fields: Fields) -> LeavingSettings:
    usual = LeavingSettings()
    return LeavingSettings(
        rounds=_rounds(fields),
        share=fields.number("share", 0.01, 0.9, default=usual.share),
        resets=fields.number("resets", 0, 1, default=usual.resets),
        settle_s=fields.number("settle_s", 0, 60, default=usual.settle_s),
    )


def _slow_readers(fields: Fields) -> SlowReadersSettings:
    usual = SlowReadersSettings()
    return SlowReadersSettings(
        rounds=_rounds(fields),
        share=fields.number("share", 0.01, 0.9, default=usual.share),
        bytes_per_s=fields.integer("bytes_per_s", 1, 1_000_000, default=usual.bytes_per_s),
        buffer_bytes=fields.integer("buffer_bytes", 256, 16_777_216, default=usual.buffer_bytes),
        settle_s=fields.number("settle_s", 0, 60, default=usual.settle_s),
    )


def _rounds(fields: Fields) -> int:
    return fields.integer("rounds", 1, 1000, default=ShutdownSettings().rounds)


def _confirmations(fields: Fields) -> int:
    return fields.integer("confirmations", 1, MOST_CONFIRMATIONS, default=CapacitySettings().confirmations)


def _most_rps(fields: Fields) -> float:
    return fields.number("most_rate", 1, MOST_RATE_RPS, default=MOST_RATE_RPS)


_PARSERS: Mapping[str, Callable[[Fields], SearchSettings]] = {
    CapacitySettings.mode: _capacity,
    SustainedSettings.mode: _sustained,
    BreakingPointSettings.mode: _breaking_point,
    ColdStartSettings.mode: _cold_start,
    SoakSettings.mode: lambda _fields: SoakSettings(),
    ShutdownSettings.mode: _shutdown,
    ScalingSettings.mode: lambda _fields: ScalingSettings(),
    LeavingSettings.mode: _leaving,
    SlowReadersSettings.mode: _slow_readers,
    RecyclingSettings.mode: lambda fields: RecyclingSettings(_rounds(fields)),
}
