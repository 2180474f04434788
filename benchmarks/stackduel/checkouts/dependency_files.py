"""The files of a project that say which packages it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

PATTERNS = (
    "pyproject.toml", "setup.py", "setup.cfg", "requirements*.txt", "requirements*.in", "requirements/*.txt",
    "constraints*.txt", "Pipfile", "*.lock", "pylock*.toml",
)  # fmt: skip
# Lock files of other languages.
FOREIGN = frozenset({"yarn.lock", "Cargo.lock", "composer.lock", "Gemfile.lock", "flake.lock"})
MOST_BYTES = 20_000_000


def dependency_files(folders: Iterable[Path], root: Path) -> Mapping[str, bytes]:
    """Return the dependency files that lie in these folders, by their paths below ``root``."""
    paths = {path for folder in folders for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()}
    return {
        path.relative_to(root).as_posix(): path.read_bytes()[:MOST_BYTES]
        for path in sorted(paths)
        if path.name not in FOREIGN
    }


def digest(files: Mapping[str, bytes], *more: str) -> str:
    """Return a short hash of the files with their names, and of ``more`` that an environment depends on."""
    found = hashlib.sha256()
    for part in (*more, *(each for name in sorted(files) for each in (name, files[name]))):
        content = part if isinstance(part, bytes) else part.encode()
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()[:16]
