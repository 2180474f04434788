"""The proof that a side runs the modules of its own checkout, and not those of the other side."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackduel.checkouts.own_modules import named_modules, own_names
from stackduel.model.errors import LaunchError

WITHIN_S = 120.0
LOG_LINES = 5


@dataclass(frozen=True, slots=True)
class Imports:
    """The imports of a side: the interpreter, its folder and environment, the words of its command, and its roots.

    ``side`` is its name, ``checkout`` the folder of its commit, ``others`` the folders of the other commits and of the
    user's own checkout.
    """

    side: str
    python: Path
    folder: Path
    environ: Mapping[str, str]
    words: Sequence[str]
    roots: Sequence[Path]
    checkout: Path
    others: Sequence[Path]


@dataclass(frozen=True, slots=True)
class FoundModules:
    """The files of modules by their names, and the folders of installed packages."""

    files: Mapping[str, Path]
    installed: Sequence[Path]

    def is_installed(self, path: Path) -> bool:
        """Return whether a file belongs to an installed package; an environment may lie in a checkout."""
        return any(path.is_relative_to(folder) for folder in self.installed)


def prove_imports(imports: Imports) -> int:
    """Return how many modules were seen to lie in the side's own checkout.

    The modules that the command names are imported in a process of their own, with the command's interpreter, folder
    and environment. Raises LaunchError with the first module that lies elsewhere, or if there is none at all.
    """
    names = own_names(imports.roots)
    named = tuple(each for each in named_modules(imports.words) if _may_be_ours(each, imports.roots))
    found = _ask(imports, names, named)
    tops = names | {each.partition(".")[0] for each in named}
    own = 0
    for name, path in sorted(found.files.items()):
        installed = found.is_installed(path)
        if path.is_relative_to(imports.checkout) and not installed:
            own += 1
        elif name.partition(".")[0] in tops or (
            not installed and any(path.is_relative_to(other) for other in imports.others)
        ):
            raise LaunchError(_elsewhere(imports, name, path))
    if not own:
        raise LaunchError(
            f"{imports.side}: none of its own modules was found in {', '.join(map(str, imports.roots))}: cwd in the "
            "stacks file names the folder that the command imports from"
        )
    return own


def _may_be_ours(module: str, roots: Sequence[Path]) -> bool:
    """Return whether a module that the command names may lie in the roots, also in a folder without __init__.py."""
    first = module.partition(".")[0]
    return any((root / first).is_dir() or (root / f"{first}.py").is_file() for root in roots)


def _elsewhere(imports: Imports, name: str, path: Path) -> str:
    return (
        f"{imports.side}: the module {name} is imported from {path}, not from its own checkout {imports.checkout}, so "
        "another commit would be measured. Installs that come before PYTHONPATH do that; --environments own gives each "
        "side an environment without them"
    )


def _ask(imports: Imports, names: frozenset[str], named: Sequence[str]) -> FoundModules:
    """Run the probe; its answer comes in a file, because an application may print anything."""
    source = Path(__file__).with_name("import_probe.py").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="stackduel-imports-") as folder:
        answer = Path(folder, "answer.json")
        question = json.dumps({"named": named, "names": sorted(names), "answer": str(answer)})
        try:
            done = subprocess.run(
                (str(imports.python), "-c", source), input=question, cwd=imports.folder, env=dict(imports.environ),
                capture_output=True, text=True, check=False, timeout=WITHIN_S, errors="replace",
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LaunchError(f"{imports.side}: where its modules lie could not be asked: {error}") from error
        if not answer.is_file():
            last = "\n".join(done.stderr.strip().splitlines()[-LOG_LINES:])
            raise LaunchError(f"{imports.side}: {imports.python} does not say where its modules lie", last)
        found = json.loads(answer.read_text(encoding="utf-8"))
    files = {name: Path(file).resolve() for name, file in found["files"].items()}
    return FoundModules(files, [Path(each).resolve() for each in found["installed"]])
