"""The switches: pieces of advice that everybody copies, each a setting of a start with an off and an on.

``off`` is what a service has that does not follow the advice, ``on`` what it has when it does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from stackduel_servers.effects import has_effect
from stackduel_servers.registry import StackEntry

# The kind of work on which a switch can show: a large JSON answer, a downstream call, a model on Triton, a picture to
# decode, many connections at once, a large answer for a client that accepts gzip, or any request.
Touched = Literal["json", "downstream", "triton", "decode", "connections", "gzip", "any"]


GUIDE = "the FastAPI optimisation guide"


@dataclass(frozen=True, slots=True)
class Switch:
    """One piece of advice: the variable that follows it, and the published claim with the name of its source."""

    name: str  # uvloop: what ``--switch`` takes
    title: str  # "uvloop instead of asyncio's loop": a line for tables
    variable: str  # LOOP: a name in start_variables.VARIABLES
    off: str  # asyncio: the variable's value without the advice
    on: str  # uvloop: its value with the advice
    touches: tuple[Touched, ...]  # the kinds of work on which it can show
    where: str = "every stack"  # where it has an effect, in words; ``applicable`` decides
    claim: str | None = None  # what was published about it alone; None if nothing with a figure was
    source: str | None = None  # who gives the advice
    is_tuned: bool = False  # whether fastapi-tuned has it on
    needs: str | None = None  # what must be built before it can be started; None if nothing

    def settings(self, *, on: bool) -> dict[str, str]:
        """Return the setting that turns it on or off."""
        return {self.variable: self.on if on else self.off}

    def position(self, value: str) -> str:
        """Return ``on`` or ``off`` for a value of its variable, the value itself if it is neither."""
        return {self.on: "on", self.off: "off"}.get(value, value)


_OF_GUIDE = partial(Switch, source=GUIDE, is_tuned=True)

SWITCHES: tuple[Switch, ...] = (
    _OF_GUIDE(
        name="json",
        title="JSON by orjson instead of the standard library",
        variable="JSON_ENCODER",
        off="stdlib",
        on="orjson",
        touches=("json",),
        where="every stack but fastapi-idiomatic",
        claim="orjson is 2-3x faster",
    ),
    _OF_GUIDE(
        name="downstream-client",
        title="One pooled downstream client instead of one for each call",
        variable="DOWNSTREAM_CLIENT",
        off="per-request",
        on="pooled",
        touches=("downstream",),
        where="every stack but the music service's",
    ),
    _OF_GUIDE(
        name="triton-client",
        title="One Triton client kept instead of one for each call",
        variable="TRITON_CLIENT",
        off="per-request",
        on="cached",
        touches=("triton",),
        where="stacks that call Triton",
    ),
    _OF_GUIDE(
        name="uvloop",
        title="uvloop instead of asyncio's own loop",
        variable="LOOP",
        off="asyncio",
        on="uvloop",
        touches=("any",),
        where="stacks with an event loop",
        claim="uvloop makes asyncio 2-4x faster",
        source="uvloop's README",
    ),
    _OF_GUIDE(
        "httptools", "httptools instead of h11", "HTTP_PARSER", "h11", "httptools", ("any",), "Uvicorn, uvicorn-worker"
    ),
    _OF_GUIDE(
        name="workers",
        title="2 x cores + 1 workers instead of 1",
        variable="WORKERS",
        off="1",
        on="2cpu+1",
        touches=("any",),
        where="servers with worker processes",
        source="Gunicorn's documentation",
    ),
    _OF_GUIDE(
        "recycling",
        "Workers replaced after 10,000 to 11,000 requests",
        "MAX_REQUESTS",
        "0",
        "10000",
        ("any",),
        "Gunicorn, Uvicorn, Hypercorn",
    ),
    _OF_GUIDE("backlog", "A backlog of 4096 instead of 2048", "BACKLOG", "2048", "4096", ("connections",)),
    _OF_GUIDE("limit", "At most 512 requests at once in a worker", "CONCURRENCY_LIMIT", "0", "512", ("connections",)),
    _OF_GUIDE("timing", "X-Process-Time and Server-Timing in every answer", "TIMING", "off", "on", ("any",)),
    _OF_GUIDE("slow-log", "Requests of 100 ms or more are logged", "SLOW_REQUEST_MS", "0", "100", ("any",)),
    Switch(
        "pure-asgi",
        "Middleware in plain ASGI, not BaseHTTPMiddleware",
        "MIDDLEWARE",
        "base",
        "asgi",
        ("any",),
        "FastAPI, Starlette",
    ),
    Switch(
        name="pillow",
        title="pillow-simd instead of the same Pillow, both built here",
        variable="PILLOW",
        off="source",
        on="simd",
        touches=("decode",),
        where="stacks that decode pictures, started locally",
        source=GUIDE,
        needs="environments of its own (python -m stackduel_servers.pillow build)",
    ),
    Switch("no-access-log", "No access log", "ACCESS_LOG", "on", "off", ("any",), "every server but Waitress"),
    Switch("metrics", "Requests counted and timed for Prometheus", "METRICS", "off", "on", ("any",)),
    Switch("gzip", "Answers compressed with gzip", "COMPRESSION", "none", "gzip", ("gzip",)),
    Switch(
        "no-response-model",
        "Answers without response_model",
        "RESPONSE_MODEL",
        "on",
        "off",
        ("json",),
        "fastapi-idiomatic",
    ),
    Switch(
        "threadpool",
        "200 threads instead of 40 for def endpoints",
        "THREADS",
        "40",
        "200",
        ("connections",),
        "FastAPI on its thread pool",
    ),
    Switch(
        "gthread",
        "256 threads instead of 2 for each worker",
        "THREADS",
        "2",
        "256",
        ("connections",),
        "Gunicorn's gthread workers",
    ),
)
# Switches that share their variable with another one: the stacks on which each of them makes sense.
_ONLY_ON: dict[str, Callable[[StackEntry], bool]] = {
    "threadpool": lambda entry: entry.server == "uvicorn",
    "gthread": lambda entry: entry.worker_class == "gthread",
}


def applicable(entry: StackEntry) -> tuple[Switch, ...]:
    """Return the switches that have an effect on this stack, in the order of SWITCHES."""
    return tuple(each for each in SWITCHES if has_effect(entry, each.variable) and _is_for(each, entry))


def _is_for(switch: Switch, entry: StackEntry) -> bool:
    return switch.name not in _ONLY_ON or _ONLY_ON[switch.name](entry)
