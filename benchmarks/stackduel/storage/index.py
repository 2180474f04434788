"""The index of a folder of runs: ``results/index.sqlite``, a cache of summaries made from the run.json files.

A run is read again if the time or size of its file changed. An index that is missing, damaged or of another version is
rebuilt. If none can be written, an index in memory is used once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from stackduel.analysis.history.run_summary import RunSummary, Unreadable, entry_of
from stackduel.model.errors import StoreError
from stackduel.storage import run_file

INDEX_FILE = "index.sqlite"
# Raise it with every change to the fields of a summary, or to how a summary is made from a run.
VERSION = 2
BUSY_S = 10.0
_SUMMARY = msgspec.json.Decoder(RunSummary)
_TABLE = "CREATE TABLE IF NOT EXISTS runs (folder TEXT PRIMARY KEY, stamp TEXT NOT NULL, entry TEXT, reason TEXT)"


@dataclass(frozen=True, slots=True)
class History:
    """The runs of a folder, the newest first, and what could not be read."""

    entries: tuple[RunSummary, ...]
    unreadable: tuple[Unreadable, ...]


def history(results: Path) -> History:
    """Return the runs that are in a folder now, and bring its index up to date. An absent folder holds none."""
    if not results.is_dir():
        return History((), ())
    indexed = _indexed(results)
    entries = (each for each in indexed if isinstance(each, RunSummary))
    return History(
        tuple(sorted(entries, key=lambda each: (each.started, each.folder), reverse=True)),
        tuple(each for each in indexed if isinstance(each, Unreadable)),
    )


def _indexed(results: Path) -> list[RunSummary | Unreadable]:
    path = results / INDEX_FILE
    try:
        return _read(path, results)
    except sqlite3.OperationalError:
        # Locked for too long, or a folder that cannot be written to.
        return _read(None, results)
    except (sqlite3.DatabaseError, TypeError, ValueError):
        # Damaged. A process that has it open keeps using the deleted file; the next one makes a new index.
        with suppress(OSError):
            path.unlink()
    try:
        return _read(path, results)
    except sqlite3.Error:
        return _read(None, results)


def _read(path: Path | None, results: Path) -> list[RunSummary | Unreadable]:
    """Bring the index up to date and read it, in one transaction, so that two processes take turns."""
    with closing(sqlite3.connect(path or ":memory:", timeout=BUSY_S, isolation_level=None)) as index:
        index.execute("BEGIN IMMEDIATE")
        if index.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            index.execute("DROP TABLE IF EXISTS runs")
            index.execute(f"PRAGMA user_version = {VERSION}")
        index.execute(_TABLE)
        _update(index, results)
        rows = index.execute("SELECT folder, entry, reason FROM runs ORDER BY folder").fetchall()
        indexed = [
            Unreadable(folder, str(reason)) if entry is None else _SUMMARY.decode(entry)
            for folder, entry, reason in rows
        ]
        index.execute("COMMIT")
        return indexed


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
    """Yield each folder with a run, with a stamp that changes when its file does."""
    for path in sorted(results.glob(f"*/{run_file.RUN_FILE}")):
        # The file may disappear meanwhile.
        with suppress(OSError, UnicodeEncodeError):
            status = path.stat()
            # A name that is no text cannot be stored in the index.
            path.parent.name.encode()
            yield path.parent.name, f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"


def _loaded(folder: Path) -> tuple[str | None, str | None]:
    try:
        entry = msgspec.json.encode(entry_of(run_file.load(folder), folder.name)).decode()
        # What cannot be read again, such as a speedup that is no number, would spoil the index.
        _SUMMARY.decode(entry)
    except StoreError as error:
        return None, str(error)
    except Exception as error:  # noqa: BLE001 - whatever one file holds, the others are listed
        return None, f"run {folder}: its figures contradict each other ({type(error).__name__}: {error})"
    return entry, None
