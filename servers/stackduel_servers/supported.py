"""The frameworks and servers that stacks are made of, listed once for the registry and for the runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerKind:
    """A server: its title, its worker classes, and whether the number of its worker processes can be set."""

    title: str
    worker_classes: tuple[str, ...] = ()
    takes_workers: bool = True


# Each web framework with its title. The app of each one keeps the HTTP contract.
WEB_FRAMEWORKS: Mapping[str, str] = {
    "flask": "Flask",
    "quart": "Quart",
    "fastapi": "FastAPI",
    "starlette": "Starlette",
}
FRAMEWORKS = (*WEB_FRAMEWORKS, "triton")
SERVERS: Mapping[str, ServerKind] = {
    "gunicorn": ServerKind("Gunicorn", ("gthread", "gevent", "asgi")),
    "uvicorn": ServerKind("Uvicorn"),
    "hypercorn": ServerKind("Hypercorn"),
    "waitress": ServerKind("Waitress", takes_workers=False),
    "tritonserver": ServerKind("Triton"),
}
# The servers that pip installs; Triton has an installation of its own.
PYTHON_SERVERS = tuple(name for name in SERVERS if name != "tritonserver")
