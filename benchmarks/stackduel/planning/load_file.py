"""Loads from TOML files: closed and open loops, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackduel.model.errors import FieldError
from stackduel.model.suite import ClosedLoop, Load, OpenLoop
from stackduel.planning.fields import Fields

MAX_LOADS = 100
# A table may hold several loads.
OR_A_LIST = ", or a list of such numbers"
# What only a closed loop understands.
CLOSED_ONLY = {
    "warmup_rounds": "only beside connections; a load with a rate warms up for warmup_s seconds",
    "requests": "only beside connections; a load with a rate lasts duration_s seconds",
    "metric": "only beside requests",
}
MAX_CONNECTIONS = 10_000
MAX_DURATION_S = 86_400.0
MAX_REQUESTS = 10_000_000
MAX_RATE_RPS = 1_000_000.0
LEAST_BURSTINESS, MOST_BURSTINESS = 0.05, 100.0


def parse_loads(table: Mapping[str, Any], where: str) -> tuple[Load, ...]:
    """Read a ``load`` table: a load for each number in ``connections``, or in ``rate`` for an open loop."""
    for several in ("connections", "rate"):
        given = table.get(several)
        if isinstance(given, list) and given:
            _check_numbers(f"{where}: {several}", given)
            return tuple(load for each in given for load in parse_loads({**table, several: each}, where))
    fields = Fields(where, table)
    fields.refuse_misspelt("connections", "rate")
    if "rate" in table:
        return (parse_open_loop(fields),)
    return (parse_closed_loop(fields),)


def _check_numbers(where: str, given: list[Any]) -> None:
    """Raise FieldError if a list of loads is too long, or holds one twice."""
    if len(given) > MAX_LOADS:
        raise FieldError(f"{where}: at most {MAX_LOADS} loads")
    for number, each in enumerate(given):
        if each in given[:number]:
            raise FieldError(f"{where}: {each!r} is given twice")


def parse_closed_loop(fields: Fields) -> ClosedLoop:
    """Take a closed loop out of ``fields``; ``warmup_rounds`` is the number of warm-up requests of each connection."""
    connections = fields.integer("connections", 1, MAX_CONNECTIONS, other=OR_A_LIST)
    load = ClosedLoop(
        connections=connections,
        duration_s=fields.number("duration_s", 0.05, MAX_DURATION_S, default=None),
        requests=fields.integer("requests", 1, MAX_REQUESTS, default=None),
        warmup_s=fields.number("warmup_s", 0, 600, default=0.0),
        warmup_requests=connections * fields.integer("warmup_rounds", 0, 1000, default=0),
        stable_within_s=fields.number("stable_within_s", 0, 600, default=0.0),
        first_byte=fields.choice("first_byte", (True, False), default=False),
        server_timing=fields.choice("server_timing", (True, False), default=False),
        rated=fields.choice("metric", ("time", "rate"), default="time") == "rate",
    )
    fields.finish()
    if (load.duration_s is None) == (load.requests is None):
        raise FieldError(f"{fields.where}: exactly one of duration_s and requests is needed")
    if load.duration_s is not None and fields.given("metric"):
        raise FieldError(f"{fields.where}: metric: only beside requests; in a window rates are compared")
    return load


def parse_open_loop(fields: Fields) -> OpenLoop:
    """Take an open loop out of ``fields``."""
    fields.refuse(CLOSED_ONLY)
    load = OpenLoop(
        rate_rps=fields.number("rate", 0.01, MAX_RATE_RPS, other=OR_A_LIST),
        duration_s=fields.number("duration_s", 0.05, MAX_DURATION_S),
        arrivals=fields.choice("arrivals", ("constant", "poisson", "gamma"), default="constant"),
        burstiness=fields.number("burstiness", LEAST_BURSTINESS, MOST_BURSTINESS, default=None),
        connections=fields.integer("connections", 1, MAX_CONNECTIONS, default=256),
        warmup_s=fields.number("warmup_s", 0, 600, default=0.0),
        stable_within_s=fields.number("stable_within_s", 0, 600, default=0.0),
        first_byte=fields.choice("first_byte", (True, False), default=False),
        server_timing=fields.choice("server_timing", (True, False), default=False),
    )
    fields.finish()
    if (load.arrivals == "gamma") != (load.burstiness is not None):
        raise FieldError(f'{fields.where}: burstiness: needed with arrivals = "gamma", and only there')
    if load.rate_rps * load.duration_s < 1:
        raise FieldError(f"{fields.where}: rate: must let at least one request arrive within duration_s")
    if load.rate_rps * load.duration_s > MAX_REQUESTS:
        raise FieldError(f"{fields.where}: rate: at most {MAX_REQUESTS} requests may arrive within duration_s")
    return load
