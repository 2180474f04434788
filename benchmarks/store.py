"""Runs on disk: ``results/<run id>/run.json``, written whole and at once after every trial."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks import document
from benchmarks.record import Run

RUN_FILE = "run.json"
MAX_RUN_BYTES = 500_000_000


class StoreError(ValueError):
    """A stored run that cannot be read; the message says why."""


def save(run: Run, folder: Path) -> Path:
    """Write a run into its folder, so that the file is whole at every moment; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RUN_FILE
    part = folder / f".{RUN_FILE}.{os.getpid()}"
    with part.open("w", encoding="utf-8") as file:
        file.write(to_json(run))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


def to_json(run: Run) -> str:
    """A run as the text of its run.json."""
    return json.dumps(document.run_to_dict(run), indent=1, allow_nan=False) + "\n"


def load(where: Path) -> Run:
    """Read a run from its folder or its run.json; raises StoreError."""
    path = where / RUN_FILE if where.is_dir() else where
    try:
        if path.stat().st_size > MAX_RUN_BYTES:
            raise StoreError(f"run {path}: over {MAX_RUN_BYTES} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(f"run {path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StoreError(f"run {path}: not valid JSON: {error}") from error
    try:
        return document.run_from_dict(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"run {path}: not a run of schema {document.SCHEMA} ({type(error).__name__}: {error})"
        raise StoreError(message) from error
