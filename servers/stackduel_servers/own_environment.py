"""Python environments of their own: some packages in other builds, and everything else from this environment.

So two starts of a stack differ in those packages alone. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FACTS = "facts.json"
# A line of a .pth file, which Python runs at its start. A plain path there would leave out the .pth files of that
# folder, such as that of a package installed from its source.
LINE = "import site; site.addsitedir({folder!r})\n"
EnvironmentFacts = Mapping[str, Any]


def stamp(packages: str) -> str:
    """Return what tells environments apart: eight digits for this Python, its environment and the other packages."""
    told = "\n".join((sys.version, sys.prefix, packages))
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def make(folder: Path, fill: Callable[[Path, Path], EnvironmentFacts]) -> EnvironmentFacts:
    """Make an environment in ``folder`` and return its facts, which it keeps.

    ``fill`` installs into the folder of packages that it is given and returns the facts; its second argument is the
    new interpreter. No reader sees half an environment: it is made beside its place and then moved. Raises OSError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        venv.EnvBuilder(symlinks=sys.platform != "win32", with_pip=False).create(unfinished)
        packages = _packages(unfinished)
        lines = (LINE.format(folder=each) for each in _packages_here())
        (packages / "rest.pth").write_text("".join(lines), encoding="utf-8")
        facts = fill(packages, interpreter(unfinished))
        (unfinished / FACTS).write_text(json.dumps(facts, indent=2), encoding="utf-8")
        unfinished.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return facts


def facts_of(folder: Path) -> EnvironmentFacts | None:
    """Return the facts of a finished environment; None if there is none in ``folder``."""
    try:
        facts: EnvironmentFacts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if interpreter(folder).exists() else None


def interpreter(folder: Path) -> Path:
    """Return the Python of the environment in ``folder``."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _packages(folder: Path) -> Path:
    """Return the folder of the environment's own packages."""
    return Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder), "platbase": str(folder)}))


def _packages_here() -> list[str]:
    """Return the folders of packages that this Python imports from, in its order."""
    return [path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}]
