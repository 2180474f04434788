"""The installation of Triton: its folder, what is missing, and how to install it."""

from __future__ import annotations

import ctypes
import hashlib
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackduel_servers.isolation import isolated_python
from stackduel_servers.models import store

FOLDER_VARIABLE = "STACKDUEL_TRITON"
# The server's folder in an image of the vendor.
VENDOR_VARIABLE = "TRITON_HOME"
REQUIREMENTS = Path(__file__).parent / "requirements.txt"
INSTALL = "python -m stackduel_servers.triton install"
# NumPy 1 has no wheels for later versions.
PYTHONS = ((3, 11), (3, 12))
# Packages that an image of the vendor already has, compiled for each other.
VENDORS_OWN = ("numpy", "nvidia-pytriton")
BACKEND_FILES = ("backends/python/libtriton_python.so", "backends/python/triton_python_backend_utils.py")


class TritonError(Exception):
    """Triton cannot be installed or started here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The server's executable, backends and models' packages, and libpython's folder unless the system finds it."""

    executable: Path
    backends: Path
    packages: Path
    libpython: Path | None = None


def locate(environ: Mapping[str, str]) -> Installation:
    """Return the installation, ready to start; raises TritonError with the remedy if it is not."""
    _refuse_platform()
    home = home_of(environ)
    if not home.is_dir():
        raise TritonError(f"Triton is not installed in {home}; install it with: {INSTALL}")
    packages = home / "packages"
    if vendor := environ.get(VENDOR_VARIABLE):
        return Installation(Path(vendor) / "bin" / "tritonserver", Path(vendor) / "backends", packages)
    executable = packages / "pytriton" / "tritonserver" / "bin" / "tritonserver"
    return Installation(executable, home / "backends", packages, _libpython())


def install(environ: Mapping[str, str], say: Callable[[str], None]) -> Path:
    """Install the pinned packages and the backend, unless they are there, and return their folder.

    No reader sees half an installation: it is made beside its place and then moved. Raises TritonError.
    """
    _refuse_platform()
    home = home_of(environ)
    if home.is_dir():
        say(f"{home}: is there already")
        return home
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".installing-", dir=home.parent))
    except OSError as error:
        raise TritonError(f"{home.parent}: cannot be written: {error.strerror}; set {FOLDER_VARIABLE}") from error
    try:
        _fill(unfinished, environ, say)
        unfinished.chmod(0o755)
        unfinished.replace(home)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    say(f"{home}: installed")
    return home


def home_of(environ: Mapping[str, str]) -> Path:
    """Return the folder of this installation; it depends on the pins, the Python version and the vendor's image."""
    root = environ.get(FOLDER_VARIABLE) or store.folder({**environ, store.FOLDER_VARIABLE: ""}).parent / "triton"
    pins = "\n".join(pinned(environ))
    digest = hashlib.sha256(f"{sys.version_info[:2]} {environ.get(VENDOR_VARIABLE) or ''} {pins}".encode()).hexdigest()
    return Path(root) / digest[:12]


def pinned(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the exact pins to install, without those that an image of the vendor already has."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    pins = tuple(line for line in lines if line and not line.startswith("#"))
    return tuple(pin for pin in pins if pin.partition("==")[0] not in VENDORS_OWN or not environ.get(VENDOR_VARIABLE))


def _fill(home: Path, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    packages = home / "packages"
    say(f"installing {', '.join(pinned(environ))}")
    command = (
        *(*isolated_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary", ":all:", "--target", str(packages), *pinned(environ)),
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TritonError(f"pip could not install Triton's packages:\n{done.stderr.strip()}")
    if not environ.get(VENDOR_VARIABLE):
        _link_backend(home / "backends" / "python", packages / "pytriton" / "tritonserver")


def _link_backend(folder: Path, server: Path) -> None:
    """Link the Python backend where the server expects it: its library and this Python's stub, side by side."""
    folder.mkdir(parents=True)
    stub = f"python_backend_stubs/{_python()}/triton_python_backend_stub"
    for file in (*BACKEND_FILES, stub):
        target = Path("..", "..", server.relative_to(folder.parents[1]), file)
        (folder / target.name).symlink_to(target)


def _refuse_platform() -> None:
    here = f"{platform.system()} {platform.machine()}"
    if here != "Linux x86_64":
        raise TritonError(f"Triton runs on Linux x86_64, and this is {here}; --launcher docker runs it in a container")
    if sys.version_info[:2] not in PYTHONS:
        known = " or ".join(f"{major}.{minor}" for major, minor in PYTHONS)
        raise TritonError(f"Triton's Python backend needs Python {known}, and this is {_python()}; run with that one")


def _libpython() -> Path | None:
    """Return the folder of the stub's libpython, None if the system finds it; raises TritonError if there is none.

    The system's own comes first: it matches the libraries that it is linked with.
    """
    name = f"libpython{_python()}.so.1.0"
    try:
        ctypes.CDLL(name)
    except OSError:
        folder = Path(sysconfig.get_config_var("LIBDIR") or "/nowhere")
        if (folder / name).exists():
            return folder
    else:
        return None
    raise TritonError(f"Triton's Python backend needs {name}; on Debian: apt-get install libpython{_python()}")


def _python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
