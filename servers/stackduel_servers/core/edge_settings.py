"""Settings of a service's edge, which times, logs if slow, compresses and counts every answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stackduel_servers.core.variables import choice, number

TIMING_VARIABLE = "TIMING"
SLOW_VARIABLE = "SLOW_REQUEST_MS"
COMPRESSION_VARIABLE = "COMPRESSION"
METRICS_VARIABLE = "METRICS"
ON_OFF = ("on", "off")
COMPRESSIONS = ("none", "gzip")
MAX_SLOW_MS = 600_000


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Whether answers are ``timed`` in their headers and compressed with ``gzip``.

    Requests of ``slow_ms`` or longer are logged, none if it is 0. With ``metrics`` every request is counted and timed
    for Prometheus, and ``/metrics`` answers.
    """

    timed: bool = True
    slow_ms: float = 0.0
    gzip: bool = False
    metrics: bool = False


def read_edge_settings(environ: Mapping[str, str]) -> EdgeSettings:
    """Read the edge's settings; raises SettingsError that names the variable and its bounds."""
    return EdgeSettings(
        timed=choice(environ, TIMING_VARIABLE, ON_OFF) != "off",
        slow_ms=number(environ, SLOW_VARIABLE, 0, MAX_SLOW_MS) or 0.0,
        gzip=choice(environ, COMPRESSION_VARIABLE, COMPRESSIONS) == "gzip",
        metrics=choice(environ, METRICS_VARIABLE, ON_OFF) == "on",
    )


@cache
def edge_settings() -> EdgeSettings:
    """Return the settings of this process, read from its environment once: they are the same for every application."""
    return read_edge_settings(os.environ)
