"""Golden files: the texts that reports must equal, and how to write them anew."""

from __future__ import annotations

import os
from pathlib import Path

WRITE = "STACKDUEL_WRITE_GOLDENS"


def golden(file: Path, text: str) -> str:
    """Return the golden text of ``file``; with STACKDUEL_WRITE_GOLDENS=1, write ``text`` into it first."""
    if os.environ.get(WRITE) == "1":
        file.write_text(text, encoding="utf-8", newline="\n")
    return file.read_text(encoding="utf-8")
