"""The truth server in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackduel.model.target import Address

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def started(*arguments: str, server: str = "server") -> Iterator[str]:
    """A server with these arguments on a free port; the line that it prints once it listens."""
    command = [sys.executable, "-m", f"tests.truth.{server}", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline()
        finally:
            process.kill()


@contextmanager
def truth(*arguments: str, server: str = "server") -> Iterator[Address]:
    """A server with these arguments, and where it listens."""
    with started(*arguments, server=server) as line:
        found = re.match(r"listening on ([\d.]+):(\d+)", line)
        assert found, "the truth server did not start"
        yield Address(found[1], int(found[2]))
