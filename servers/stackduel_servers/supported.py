"""The frameworks and servers that stacks are made of, listed once for the registry and for the runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerKind:
    """A server: its title, its worker classes, whether the number of its worker processes can be set, and what else.

    ``settings`` are the variables of a start that only some servers can follow.
    """

    title: str
    worker_classes: tuple[str, ...] = ()
    takes_workers: bool = True
    settings: tuple[str, ...] = ()


# Each web framework with its title. The app of each one keeps the HTTP contract.
WEB_FRAMEWORKS: Mapping[str, str] = {
    "flask": "Flask",
    "quart": "Quart",
    "fastapi": "FastAPI",
    "starlette": "Starlette",
    "django": "Django",
    "litestar": "Litestar",
    "aiohttp": "aiohttp",
}
# No framework at all: the same service in ASGI alone, which is nothing that pip installs.
BARE: Mapping[str, str] = {"asgi": "ASGI alone"}
# Those on which a middleware of Starlette's runs.
STARLETTE_BASED = frozenset({"fastapi", "starlette"})
# Those without WebSockets of their own: the others speak ASGI, or are their own server.
WITHOUT_WEBSOCKETS = frozenset({"flask", "triton"})
FRAMEWORKS = (*WEB_FRAMEWORKS, *BARE, "triton")
RECYCLING = ("MAX_REQUESTS", "MAX_REQUESTS_JITTER")
SERVERS: Mapping[str, ServerKind] = {
    "gunicorn": ServerKind(
        "Gunicorn",
        ("gthread", "sync", "gevent", "asgi", "uvicorn", "aiohttp"),
        settings=(*RECYCLING, "WORKER_TIMEOUT_S", "ACCESS_LOG"),
    ),
    "uvicorn": ServerKind("Uvicorn", settings=(*RECYCLING, "ACCESS_LOG")),
    "hypercorn": ServerKind("Hypercorn", settings=(*RECYCLING, "ACCESS_LOG")),
    "granian": ServerKind("Granian", settings=("ACCESS_LOG",)),
    "waitress": ServerKind("Waitress", takes_workers=False),
    "tritonserver": ServerKind("Triton"),
}
# The servers that hand a WebSocket to the application, Gunicorn by its worker classes.
WEBSOCKET_SERVERS = frozenset({"uvicorn", "hypercorn", "granian", "asgi", "aiohttp"})
# The servers that pip installs; Triton has an installation of its own.
PYTHON_SERVERS = tuple(name for name in SERVERS if name != "tritonserver")
