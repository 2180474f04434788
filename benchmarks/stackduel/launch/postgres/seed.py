"""The tables of the suites, as SQL.

They stand in a schema of their own, which carries our mark: one of that name that somebody else made is left alone.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def drop() -> str:
    """Return what removes the tables; it fails where the schema is somebody else's."""
    return f"BEGIN; {_read('drop')} COMMIT;"


def seed() -> str:
    """Return what makes the tables anew, all of them or none."""
    return f"BEGIN; {_read('drop')} {_read('seed')} COMMIT; VACUUM ANALYZE;"


def _read(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")
