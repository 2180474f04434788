"""The modules that a checkout holds: where Python finds them, and which of them a command names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

# The layout in which packages lie in a folder of their own, so that nothing imports them by chance.
SRC = "src"
_MODULE = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::[\w.()]+)?")
_OPTION = re.compile(r"--?[\w-]+=")


def import_roots(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Return the folders from which the modules of a checkout are imported: of each its ``src``, then itself."""
    roots = (root for folder in folders for root in (folder / SRC, folder) if root.is_dir())
    return tuple(dict.fromkeys(roots))


def own_names(roots: Iterable[Path]) -> frozenset[str]:
    """Return the modules and packages that lie in the roots, by their first names.

    A folder without ``__init__.py`` is none: a package of that name elsewhere would come before it.
    """
    return frozenset(name for root in roots for name in _names_in(root))


def named_modules(words: Sequence[str]) -> tuple[str, ...]:
    """Return what in the words of a command, or the values of its variables, may be a module: ``shop.wsgi:app``."""
    found = (_MODULE.fullmatch(_OPTION.sub("", word, count=1)) for word in words)
    return tuple(dict.fromkeys(hit[1] for hit in found if hit))


def _names_in(root: Path) -> Iterator[str]:
    for path in root.iterdir():
        if path.suffix == ".py" and path.stem.isidentifier():
            yield path.stem
        elif path.name.isidentifier() and (path / "__init__.py").is_file():
            yield path.name
