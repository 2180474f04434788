"""A server of a test in a process of its own, which tells something of itself at its end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stackduel.model.target import Address

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def running_apart(module: str, *arguments: str, timings: Callable[[Any], None]) -> Iterator[Address]:
    """Run a module that prints its port, serves until stdin ends, and then prints its report as JSON."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        address = Address("127.0.0.1", int(process.stdout.readline()))
        try:
            yield address
        finally:
            process.stdin.close()
            timings(json.loads(process.stdout.read()))
            process.wait(10)
