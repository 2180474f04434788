"""The files of a PostgreSQL of our own, in a temporary folder, and the command that serves them."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackduel.model.errors import LaunchError
from stackduel.planning.postgres_installation import PostgresInstallation

# The server refuses to run as root; the packages of Debian and others make this user for it.
SYSTEM_USER = "postgres"
ROLE = DATABASE = "stackduel"
MADE_WITHIN_S = 120.0
SHOWN_LINES = 10
# What differs from PostgreSQL's own defaults: where it listens, and that statements are counted.
SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_preload_libraries=pg_stat_statements")
ENTERED_BY_ALL = 0o001


@dataclass(frozen=True, slots=True)
class Cluster:
    """The folder of a PostgreSQL, and the password of its only role."""

    installation: PostgresInstallation
    folder: Path
    password: str

    @property
    def command(self) -> tuple[str, ...]:
        """The words that serve it on ``{port}``."""
        settings = (f"--{each}" for each in SETTINGS)
        words = (self.installation.program("postgres"), "-D", str(self.folder / "data"), "-p", "{port}")
        return (*_as_system_user(), *words, *settings)


@contextmanager
def made_cluster(installation: PostgresInstallation) -> Iterator[Cluster]:
    """Make a cluster with one role and a password of its own, and remove it at the end; raises LaunchError."""
    folder = Path(tempfile.mkdtemp(prefix="stackduel-postgres-", dir=_parent()))
    try:
        cluster = Cluster(installation, folder, secrets.token_urlsafe(24))
        _initialise(cluster)
        yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _initialise(cluster: Cluster) -> None:
    password = cluster.folder / "password"
    password.touch(mode=0o600)
    password.write_text(cluster.password, encoding="ascii")
    if _is_root():
        for path in (cluster.folder, password):
            _give_to_system_user(path)
    words = (
        *_as_system_user(),
        cluster.installation.program("initdb"),
        *("--pgdata", str(cluster.folder / "data"), "--username", ROLE, "--auth", "scram-sha-256"),
        *("--pwfile", str(password), "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
    )
    try:
        made = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=cluster.folder,
            timeout=MADE_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"PostgreSQL: initdb cannot be run: {error}") from error
    if made.returncode:
        raise LaunchError("PostgreSQL: initdb failed", "\n".join(made.stderr.strip().splitlines()[-SHOWN_LINES:]))
    password.unlink()


def _as_system_user() -> tuple[str, ...]:
    """Return the words before a command that leave root for the system's user, who ends with its parent as we do."""
    if not _is_root():
        return ()
    user = f"--reuid={SYSTEM_USER}", f"--regid={SYSTEM_USER}", "--init-groups"
    return ("setpriv", *user, "--pdeathsig=INT", "--")


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _give_to_system_user(path: Path) -> None:
    try:
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)
    except LookupError as error:
        raise LaunchError(f"PostgreSQL: refuses to run as root, and there is no user {SYSTEM_USER}") from error


def _parent() -> str | None:
    """Return a folder for temporary files that the system's user can enter, None for the usual one."""
    usual = Path(tempfile.gettempdir()).resolve()
    if not _is_root() or _is_entered_by_all(usual):
        return None
    return next((folder for folder in ("/tmp", "/var/tmp") if _is_entered_by_all(Path(folder))), None)  # noqa: S108


def _is_entered_by_all(folder: Path) -> bool:
    return all(each.stat().st_mode & ENTERED_BY_ALL for each in (folder, *folder.parents))
