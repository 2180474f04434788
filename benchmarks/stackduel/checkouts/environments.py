"""A Python environment of a commit's own, for commits whose dependency files differ."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackduel.checkouts.dependency_files import digest
from stackduel.checkouts.git import git
from stackduel.checkouts.worktrees import Checkout
from stackduel.model.errors import LaunchError
from stackduel_servers.models import store

INSTALL_WITHIN_S = 1800.0
REQUIREMENTS = "requirements.txt"
PROJECT_FILES = ("pyproject.toml", "setup.py")
LOG_LINES = 12
# Written last, so that what was interrupted is made anew.
COMPLETE = "stackduel-complete"


@dataclass(frozen=True, slots=True)
class EnvironmentRecipe:
    """How an environment is made: by which interpreter, from which dependency files, with which words for pip.

    ``project`` is the path below the top of the checkout of the folder that is installed. Without ``install`` it is
    what that folder has: its requirements.txt, else the project itself.
    """

    python: Path
    files: Mapping[str, bytes]
    project: Path
    install: Sequence[str] = ()


def environment(checkout: Checkout, recipe: EnvironmentRecipe, say: Callable[[str], None]) -> Path:
    """Return the interpreter of an environment with the packages of this commit, made now or kept from before.

    Raises LaunchError with pip's last lines.
    """
    key = digest(recipe.files, str(recipe.python), _version(recipe.python), recipe.project.as_posix(), *recipe.install)
    folder = cache_folder(os.environ) / key
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if (folder / COMPLETE).is_file() and python.is_file():
        say(f"{checkout.name}: its environment is kept from an earlier run ({folder})")
        return python
    say(f"{checkout.name}: making an environment of its own, because the dependency files differ ({folder})")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _run(checkout, "python -m venv", (str(recipe.python), "-m", "venv", str(folder)), folder.parent)
    with tempfile.TemporaryDirectory(prefix="stackduel-build-") as copy:
        # pip builds in the folder that it is given, and that must not be the user's.
        source = _copied(checkout.folder, Path(copy)) / recipe.project
        words = tuple(recipe.install) or _found(checkout, source)
        _run(checkout, "pip install", (str(python), "-m", "pip", "install", "--quiet", *words), source)
    (folder / COMPLETE).write_text("", encoding="utf-8")
    return python


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of kept environments: beside the models, in the user's cache folder on this platform."""
    without = {name: value for name, value in environ.items() if name != store.FOLDER_VARIABLE}
    return store.folder(without).parent / "environments"


def _found(checkout: Checkout, source: Path) -> tuple[str, ...]:
    """Return what pip is to install where the user does not say it."""
    if (source / REQUIREMENTS).is_file():
        return ("-r", REQUIREMENTS)
    if any((source / name).is_file() for name in PROJECT_FILES):
        return (".",)
    raise LaunchError(
        f"{checkout.name}: has neither {REQUIREMENTS} nor {' nor '.join(PROJECT_FILES)} to install from: "
        "--install says what pip is to install"
    )


def _copied(folder: Path, target: Path) -> Path:
    """Copy the files that git knows or would take, so without environments, builds and other ignored files."""
    names = git(folder, ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")).split("\0")
    for name in filter(None, names):
        source = folder / name
        # A submodule is a folder, and a deleted file is still in the index.
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target


def _version(python: Path) -> str:
    """Return what an interpreter says of itself; raises LaunchError if it does not run."""
    try:
        words = (str(python), "-c", "import sys; print(sys.version, sys.base_prefix)")
        return subprocess.run(words, capture_output=True, check=True, timeout=60, text=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise LaunchError(f"{python}: is no Python that runs: {error}") from error


def _run(checkout: Checkout, what: str, words: Sequence[str], folder: Path) -> None:
    # Without git's metadata beside the copy, tools that read a version from it need one.
    versions = {"SETUPTOOLS_SCM_PRETEND_VERSION": "0.0.0", "PBR_VERSION": "0.0.0"}
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    try:
        done = subprocess.run(
            words, cwd=folder, env={**versions, **environ}, check=False, timeout=INSTALL_WITHIN_S,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise LaunchError(f"{checkout.name}: {what}: did not end within {INSTALL_WITHIN_S:g} s") from None
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-LOG_LINES:])
        raise LaunchError(f"{checkout.name}: {what}: exit status {done.returncode}", last)
