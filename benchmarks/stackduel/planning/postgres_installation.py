"""Where PostgreSQL's programs are on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Debian and its kin, the packages of PostgreSQL itself, and Homebrew: none puts the server's programs on the PATH.
ROOT = Path("/")
FOLDERS = (
    *("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin"),
    *("opt/homebrew/opt/postgresql@*/bin", "usr/local/opt/postgresql@*/bin"),
)
INSTALL = "apt-get install postgresql"
OF_A_SERVER = ("initdb", "postgres", "psql")
VERSION_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class PostgresInstallation:
    """A folder with programs of PostgreSQL."""

    folder: Path

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.folder / name)

    def version(self) -> str:
        """Return the version of its server, such as 15.18; raises OSError or ValueError if it does not tell."""
        asked = [self.program("postgres"), "--version"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=VERSION_WITHIN_S, check=False).stdout
        found = re.search(r"\d+(\.\d+)*", told)
        if found is None:
            raise ValueError(f"{self.program('postgres')} does not tell its version")
        return found.group()


def postgres_server() -> PostgresInstallation | None:
    """Return the newest PostgreSQL that can be started here; None without one, and on Windows."""
    return None if sys.platform == "win32" else next(_having(OF_A_SERVER), None)


def postgres_client() -> PostgresInstallation | None:
    """Return the newest psql of this machine; None without one."""
    return next(_having(("psql",)), None)


def _having(names: tuple[str, ...]) -> Iterator[PostgresInstallation]:
    for folder in _folders():
        if all((folder / name).is_file() for name in names):
            yield PostgresInstallation(folder)


def _folders() -> Iterator[Path]:
    """Yield the folders to look in: that of the PATH's initdb, the packages' from the newest, that of its psql."""
    yield from _on_path("initdb")
    packaged = {folder for pattern in FOLDERS for folder in ROOT.glob(pattern)}
    yield from sorted(packaged, key=_number, reverse=True)
    yield from _on_path("psql")


def _on_path(name: str) -> Iterator[Path]:
    found = shutil.which(name)
    if found:
        yield Path(found).resolve().parent


def _number(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)
