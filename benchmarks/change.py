"""What it means to move from the baseline to a stack, in a few words made of their settings (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.stats.candidate import Change

_PROPER = {
    "fastapi": "FastAPI", "flask": "Flask", "quart": "Quart",
    "gunicorn": "Gunicorn", "hypercorn": "Hypercorn", "uvicorn": "Uvicorn", "waitress": "Waitress",
}  # fmt: skip

About = Mapping[str, Any]


def change_to(name: str, stack: About, baseline: About) -> Change:
    """The change from ``baseline`` to the stack of that name; both as a run describes its stacks."""
    return Change(str(stack["tier"]), _summary(name, stack, baseline))


def _summary(name: str, stack: About, baseline: About) -> str:
    framework = stack.get("framework")
    if not framework:
        return f"Change to {name}"
    if framework != baseline.get("framework"):
        return f"Move to {_proper(framework)} on {_server(stack)}"
    stay = f"Stay on {_proper(framework)}"
    if stack.get("app") != baseline.get("app"):
        return f"{stay}, change the handlers"
    if _server(stack) != _server(baseline):
        return f"{stay}, serve it by {_server(stack)}"
    return f"{stay}, {', '.join(_changed(stack, baseline)) or f'change to the settings of {name}'}"


def _server(stack: About) -> str:
    worker_class = stack.get("worker_class")
    server = _proper(stack.get("server"))
    return f"{server}'s {worker_class} workers" if worker_class else server


def _changed(stack: About, baseline: About) -> list[str]:
    found = []
    for setting, noun in (("threads", "threads"), ("worker_count", "workers")):
        before, after = baseline.get(setting), stack.get(setting)
        if before != after and isinstance(before, int) and isinstance(after, int):
            found.append(f"{'raise' if after > before else 'lower'} {noun} from {before} to {after}")
    return found


def _proper(name: object) -> str:
    return _PROPER.get(str(name), str(name))
