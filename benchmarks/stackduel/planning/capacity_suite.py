"""The suite of ``stackduel capacity``: requests, and a service level to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from stackduel.analysis.slo import parse_slo
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.similar import did_you_mean
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Scenario, Suite, Workload
from stackduel.model.waits import request_seconds
from stackduel.planning.fields import Fields
from stackduel.planning.request_file import parse_workload
from stackduel.planning.stacks_file import OwnFile, read_own_file

BASELINE = "flask-gunicorn"
STACKS = (BASELINE, "flask-gthread", "flask-gevent", "quart-hypercorn", "fastapi-uvicorn")
DEFAULT_PATH = "/slow-io?delay=0.1"
# Where the service level is about events.
DEFAULT_STREAM = "/stream?events=100&interval=0.02"
FIRST_RATE_RPS = 100.0
FIRST_STREAMS = 32
WINDOW_S = 3.0
WARMUP_S = 1.0
# A stream must end within the window to be known to be whole.
AFTER_STREAM_S = 1.0
# Numbers of streams are told apart by 0.9 and 1.1 of the one between them; less is hardly possible on any host.
STREAMS_RESOLUTION = 1.1 / 0.9 - 1
# Enough for a dozen rates to find the place, and to confirm it five times beside the next higher rate.
USUAL_ALLOWANCE_S = 150.0
# A server is started afresh after every window that cut streams off.
STREAMS_ALLOWANCE_S = 240.0
LEAST_ALLOWANCE_S = 15.0


@dataclass(frozen=True, slots=True)
class CapacityRequests:
    """The requests that the user chose: a path of any stack, or some requests of the stacks file by their names.

    ``time_budget_s`` is for all stacks and requests together; None for the usual time of each.
    """

    path: str | None = None
    names: tuple[str, ...] = ()
    time_budget_s: float | None = None


def capacity_suite(options: RunOptions, settings: CapacitySettings, wanted: CapacityRequests) -> Suite:
    """Return the suite that searches the capacity of the user's own stacks, else of ours, a scenario for each request.

    With a bound on events it is the number of streams that are open at once, else the rate.

    Raises FieldError for a wrong service level, path, name or stacks file, and for too little time.
    """
    try:
        of_streams = bool(parse_slo(settings.slo).of_streams)
    except ValueError as error:
        raise FieldError(f"--slo: {error}") from error
    if of_streams and settings.demand_rps is not None:
        raise FieldError("--demand: is a rate of requests, and this --slo is about streams")
    own = read_own_file(Path(options.stacks_file)) if options.stacks_file else None
    requests = _requests(wanted, own, of_streams=of_streams)
    stacks = tuple(own.stacks) if own and own.stacks else STACKS
    summary = f"The highest {'number of streams' if of_streams else 'rate'} that keeps {settings.slo}."
    scenarios = tuple(
        Scenario(name, (workload,), _first_load(workload, of_streams=of_streams), summary)
        for name, workload in requests.items()
    )
    usual_s = STREAMS_ALLOWANCE_S if of_streams else USUAL_ALLOWANCE_S
    searches = len(options.stacks or stacks) * len(scenarios)
    settings = msgspec.structs.replace(
        settings,
        allowance_s=_allowance_s(wanted.time_budget_s, searches, usual_s),
        resolution=STREAMS_RESOLUTION if of_streams else settings.resolution,
    )
    searched = "a number of streams" if of_streams else "an open loop's rate"
    about = f"Capacity at a service level: ramp, bisection and confirmation of {searched}."
    suite = Suite("capacity", about, BASELINE, stacks, 1, scenarios, most_blocks=1, search=settings)
    return replace(suite, setup=own.setup, database=own.database) if own else suite


def _first_load(workload: Workload, *, of_streams: bool) -> Load:
    """Return the load that a search begins with."""
    if not of_streams:
        return OpenLoop(FIRST_RATE_RPS, WINDOW_S, warmup_s=WARMUP_S)
    stream_s = request_seconds(workload, fans_out=True)
    # Streams open over the warm-up: where it is as long as one of them, as many open at any moment of the window.
    return ClosedLoop(
        FIRST_STREAMS, duration_s=max(WINDOW_S, stream_s + AFTER_STREAM_S), warmup_s=max(WARMUP_S, stream_s)
    )


def _requests(wanted: CapacityRequests, own: OwnFile | None, *, of_streams: bool) -> dict[str, Workload]:
    """Return the requests by the names of their scenarios."""
    if wanted.names and wanted.path is not None:
        raise FieldError("--request: cannot be combined with --path")
    if wanted.names and own is None:
        raise FieldError("--request: needs --stacks-file, the file that has the request")
    if own is None or wanted.path is not None:
        asked = {"path": wanted.path or (DEFAULT_STREAM if of_streams else DEFAULT_PATH)}
        fields = Fields("--path", {**asked, "stream": "sse"} if of_streams else asked)
        return {"capacity": parse_workload(fields, "body" if own is None else "content")}
    if not own.requests:
        raise FieldError(f"{own.where}: [[requests]]: none is there; name one, or ask for a --path")
    return {name: _named(name, own.requests) for name in wanted.names or own.requests}


def _named(name: str, requests: Mapping[str, Workload]) -> Workload:
    if name not in requests:
        close = did_you_mean(name, requests) or f"; the file has {', '.join(requests)}"
        raise FieldError(f"--request: {name!r} is unknown{close}")
    return requests[name]


def _allowance_s(time_budget_s: float | None, searches: int, usual_s: float) -> float:
    """Return the seconds of each search; raise FieldError if they are too few for any answer."""
    if time_budget_s is None:
        return usual_s
    if time_budget_s < searches * LEAST_ALLOWANCE_S:
        least_s = searches * LEAST_ALLOWANCE_S
        raise FieldError(f"--time-budget: at least {least_s:g} s for {searches} stacks and requests")
    return time_budget_s / searches
