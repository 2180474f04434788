"""The index of a folder of runs: ``results/index.sqlite``, made of the run.json files and never the truth itself.

A run is read again when the time or size of its file changed. An index that is missing, damaged or of another version
is made anew; where none can be written, one in memory serves for this time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from stackduel.analysis.history.run_summary import RunSummary, Unreadable, entry_from_dict, entry_of, entry_to_dict
from stackduel.model.errors import StoreError
from stackduel.storage import run_folder

INDEX_FILE = "index.sqlite"
# Whatever an entry holds, and however it is made of a run: a change of either is another version.
VERSION = 1
BUSY_S = 10.0
_TABLE = "CREATE TABLE IF NOT EXISTS runs (folder TEXT PRIMARY KEY, stamp TEXT NOT NULL, entry TEXT, reason TEXT)"


@dataclass(frozen=True, slots=True)
class History:
    """The runs of a folder, the newest first, and what could not be read."""

    entries: tuple[RunSummary, ...]
    unreadable: tuple[Unreadable, ...]


def history(results: Path) -> History:
    """What stands in a folder of runs now; brings its index up to date. An absent folder holds none."""
    if not results.is_dir():
        return History((), ())
    found = list(_indexed(results))
    entries = (each for each in found if isinstance(each, RunSummary))
    return History(
        tuple(sorted(entries, key=lambda each: (each.started, each.folder), reverse=True)),
        tuple(each for each in found if isinstance(each, Unreadable)),
    )


def _indexed(results: Path) -> list[RunSummary | Unreadable]:
    path = results / INDEX_FILE
    try:
        return _read(path, results)
    except sqlite3.OperationalError:
        # Locked for too long, or a folder that cannot be written to.
        return _read(None, results)
    except (sqlite3.DatabaseError, KeyError, TypeError, ValueError):
        # Damaged. Whoever has it open still goes on with the file that was; the next one makes its own again.
        with suppress(OSError):
            path.unlink()
    try:
        return _read(path, results)
    except sqlite3.Error:
        return _read(None, results)


def _read(path: Path | None, results: Path) -> list[RunSummary | Unreadable]:
    """Bring the index up to date and read it, in one transaction: of two processes, one comes after the other."""
    with closing(sqlite3.connect(path or ":memory:", timeout=BUSY_S, isolation_level=None)) as index:
        index.execute("BEGIN IMMEDIATE")
        if index.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            index.execute("DROP TABLE IF EXISTS runs")
            index.execute(f"PRAGMA user_version = {VERSION}")
        index.execute(_TABLE)
        _update(index, results)
        rows = index.execute("SELECT folder, entry, reason FROM runs ORDER BY folder").fetchall()
        found = [
            Unreadable(folder, str(reason)) if entry is None else entry_from_dict(json.loads(entry))
            for folder, entry, reason in rows
        ]
        index.execute("COMMIT")
        return found


def _update(index: sqlite3.Connection, results: Path) -> None:
    known = dict(index.execute("SELECT folder, stamp FROM runs"))
    present = dict(_stamps(results))
    for folder in known.keys() - present.keys():
        index.execute("DELETE FROM runs WHERE folder = ?", (folder,))
    for folder, stamp in present.items():
        if known.get(folder) != stamp:
            entry, reason = _loaded(results / folder)
            index.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", (folder, stamp, entry, reason))


def _stamps(results: Path) -> Iterator[tuple[str, str]]:
    """Each folder with a run, and what changes when its file does."""
    for path in sorted(results.glob(f"*/{run_folder.RUN_FILE}")):
        # It may go while we look.
        with suppress(OSError):
            found = path.stat()
            yield path.parent.name, f"{found.st_mtime_ns} {found.st_size} {found.st_ino}"


def _loaded(folder: Path) -> tuple[str | None, str | None]:
    try:
        return json.dumps(entry_to_dict(entry_of(run_folder.load(folder), folder.name))), None
    except StoreError as error:
        return None, str(error)
