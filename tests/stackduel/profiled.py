"""A service with a function that takes nearly all of its time, for tests that profile it."""

from __future__ import annotations

import sys
from pathlib import Path

APP = """
def planted_hot_function(rounds):
    total = 0
    for number in range(rounds):
        total += number * number
    return total


def cold():
    return b"ok"


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    planted_hot_function(20_000)
    body = cold()
    head = [(b"content-length", b"2"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
"""
HOT = "planted_hot_function"


def write_own_stack(folder: Path, *more: str) -> Path:
    """Write the service and a stacks file that starts it with ``more`` arguments; return the stacks file."""
    (folder / "service.py").write_text(APP)
    arguments = ["-m", "uvicorn", "service:app", "--host", "{host}", "--port", "{port}", "--no-access-log", *more]
    words = ", ".join(f'"{word}"' for word in (Path(sys.executable).as_posix(), *arguments))
    file = folder / "own.toml"
    file.write_text(
        f'[stacks.planted]\ncommand = [{words}]\nhealth = "/"\n[[requests]]\nname = "home"\npath = "/"\n'
        "[load]\nconnections = [4]\nduration_s = 1\n"
    )
    return file
