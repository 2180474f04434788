"""The journal of pauses: the containers that a run may pause, written to disk before it pauses the first."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Journal:
    """The containers that ``owner`` (a label text) may have paused on the engine during the run."""

    run_id: str
    owner: str
    engine_id: str
    containers: tuple[str, ...]

    def write(self, folder: Path) -> None:
        """Write the journal into ``folder``, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = _path(folder, self.run_id)
        part = path.with_suffix(".part")
        with part.open("w") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def erase(self, folder: Path) -> None:
        """Remove the journal from ``folder`` if it is there."""
        _path(folder, self.run_id).unlink(missing_ok=True)


def journals(folder: Path) -> Iterator[Journal]:
    """Return every journal in ``folder``; other files are ignored."""
    for path in sorted(folder.glob("paused-*.json")):
        try:
            document = json.loads(path.read_text())
            yield Journal(
                run_id=str(document["run_id"]),
                owner=str(document["owner"]),
                engine_id=str(document["engine_id"]),
                containers=tuple(map(str, document["containers"])),
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue


def state_folder() -> Path:
    """Return the folder of this user's journals, by the convention of the system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "stackduel"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "stackduel"


def _path(folder: Path, run_id: str) -> Path:
    if not SAFE_NAME.fullmatch(run_id):
        raise ValueError(f"a run id must be a plain name: {run_id!r}")
    return folder / f"paused-{run_id}.json"
