"""The files of ours that a module needs: itself, and its direct and indirect imports from our packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

# Each package and the folder of a checkout that holds it.
PACKAGES = {"stackduel": "benchmarks", "stackduel_servers": "servers"}


def files_needed(root: Path, module: str) -> tuple[str, ...]:
    """Return the files, relative to ``root``, that importing ``module`` reads, including imports inside functions.

    Raises FileNotFoundError when the module does not exist.
    """
    seen: dict[str, None] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file_of(root, name)
        if path is None:
            raise FileNotFoundError(f"{name} is no module under {root}")
        if path not in seen:
            seen[path] = None
            waiting += _parents(name)
            waiting += [each for each in _imports(root / path) if _file_of(root, each)]
    return tuple(sorted(seen))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from package import name`: the name may be a module or something inside one.
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name.partition(".")[0] in PACKAGES)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _file_of(root: Path, name: str) -> str | None:
    path = f"{PACKAGES.get(name.partition('.')[0], '.')}/{name.replace('.', '/')}"
    for candidate in (f"{path}.py", f"{path}/__init__.py"):
        if (root / candidate).is_file():
            return candidate
    return None
