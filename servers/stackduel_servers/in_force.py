"""The variables and switches of a start as they are in force, which ``/health`` reports."""

from __future__ import annotations

from collections.abc import Mapping

from stackduel_servers.core.edge_settings import COMPRESSIONS, ON_OFF
from stackduel_servers.core.json_encoder import JSON_ENCODERS
from stackduel_servers.core.limits import DEFAULT_BODY_BYTES
from stackduel_servers.core.settings import (
    DATABASE_CLIENTS,
    DEFAULT_DOWNSTREAM_TIMEOUT_S,
    DEFAULT_INFERENCE_TIMEOUT_S,
    DOWNSTREAM_CLIENTS,
    MIDDLEWARES,
    TRITON_CLIENTS,
)
from stackduel_servers.effects import has_effect
from stackduel_servers.options import Options
from stackduel_servers.registry import StackEntry
from stackduel_servers.start_variables import PILLOWS, VARIABLES
from stackduel_servers.switches import SWITCHES, applicable

# What is in force where nothing is set, of the variables that the core reads.
DEFAULTS: Mapping[str, str] = {
    "JSON_ENCODER": JSON_ENCODERS[0],
    "DOWNSTREAM_CLIENT": DOWNSTREAM_CLIENTS[0],
    "TRITON_CLIENT": TRITON_CLIENTS[0],
    "DATABASE_CLIENT": DATABASE_CLIENTS[0],
    "DATABASE_PREPARED": ON_OFF[0],
    "TIMING": ON_OFF[0],
    "SLOW_REQUEST_MS": "0",
    "COMPRESSION": COMPRESSIONS[0],
    "METRICS": ON_OFF[1],
    "MIDDLEWARE": MIDDLEWARES[0],
    "RESPONSE_MODEL": ON_OFF[0],
    "PILLOW": PILLOWS[0],
    "CONCURRENCY_LIMIT": "0",
    "MAX_BODY_BYTES": str(DEFAULT_BODY_BYTES),
    "INFERENCE_TIMEOUT_S": f"{DEFAULT_INFERENCE_TIMEOUT_S:g}",
    "DOWNSTREAM_TIMEOUT_S": f"{DEFAULT_DOWNSTREAM_TIMEOUT_S:g}",
}


def in_force_of(entry: StackEntry, options: Options, environ: Mapping[str, str]) -> dict[str, object]:
    """Return each variable's value and each switch's position, null where it has no effect on this stack.

    A switch is ``on``, ``off``, or shows its variable's value where that is neither. ``environ`` is that of the start,
    with the entry's own settings.
    """
    values = {name: _value(name, entry, options, environ) for name in VARIABLES}
    # Which workers were asked for, not how many that is here.
    asked = {**values, "WORKERS": environ.get("WORKERS") or str(entry.workers)}
    here = {switch.name for switch in applicable(entry)}
    positions = {
        switch.name: switch.position(asked[switch.variable] or "") if switch.name in here else None
        for switch in SWITCHES
    }
    return {"variables": values, "switches": positions}


def _value(name: str, entry: StackEntry, options: Options, environ: Mapping[str, str]) -> str | None:
    if not has_effect(entry, name, options.inference):
        return None
    value = _of_server(name, options)
    return environ.get(name) or DEFAULTS.get(name) if value is None else str(value)


def _of_server(name: str, options: Options) -> object:
    """Return what the server's command line says; None for a variable that the core reads."""
    match name:
        case "ACCESS_LOG":
            return "on" if options.access_log else "off"
        case "MAX_REQUESTS":
            return options.max_requests or 0
        case "BACKLOG":
            return options.listen.backlog
        case _:
            return getattr(options, name.lower(), None)
