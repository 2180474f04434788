"""Interpreters that are made up: programs that answer as those would that this machine lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ANSWER: dict[str, Any] = {
    "implementation": "CPython",
    "version": "3.11.7",
    "build": "GCC 12.2.0",
    "free_threaded": False,
    "gil": "on",
    "jit": "none",
    "is_environment": True,
    "packages": {},
    "other_packages": 0,
    "missing": [],
    "servers": None,
    "unimportable": [],
    "distributions": {},
}


def fake_interpreter(folder: Path, **said: object) -> Path:
    """The interpreter of an environment in a folder, which says this of itself whatever it is asked."""
    path = folder / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps({**ANSWER, **said})}\nEND\n", encoding="utf-8")
    path.chmod(0o755)
    return path
