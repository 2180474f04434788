"""Two applications that do the same: some work in pure Python, as of a language model, then a wait; for findings.md."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import FastAPI
from flask import Flask, request

# About 5 ms of one core in the middle of this decade.
ROUNDS = 60_000

flask_app = Flask(__name__)
fastapi_app = FastAPI()


def work() -> int:
    """Keep one core busy, and the interpreter's lock."""
    total = 0
    for number in range(ROUNDS):
        total = (total + number * number) % 1_000_003
    return total


@flask_app.get("/health")
@fastapi_app.get("/health")
def health() -> dict[str, str]:
    """The server answers."""
    return {"status": "ok"}


@flask_app.get("/work")
def work_and_wait() -> dict[str, Any]:
    """Work, then wait as many seconds as asked, blocking."""
    result = work()
    time.sleep(float(request.args.get("wait", 0)))
    return {"result": result}


@fastapi_app.get("/work")
async def work_and_await(wait: float = 0.0) -> dict[str, Any]:
    """Work, then wait as many seconds as asked, without blocking."""
    result = work()
    await asyncio.sleep(wait)
    return {"result": result}
