"""pip for the user's interpreter: what a server still needs there, and its installation into a folder beside it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackduel.application.limited_process import Ended, ProcessLimits, run_limited
from stackduel.application.user_packages import UserPackages, normalised
from stackduel.application.wanted_servers import WantedServer, distribution_of, extras_of
from stackduel.model.application import Interpreter
from stackduel.model.errors import FieldError
from stackduel_servers.isolation import isolated_python

# The first that writes reports of what it would install, and the first that serves another interpreter.
WITH_REPORT, WITH_PYTHON = (22, 2), (22, 3)
LIMITS = ProcessLimits(seconds=300.0, memory_mib=4096)
MOST_REPORT_BYTES = 50_000_000
UNREACHABLE = "the package index could not be reached"
# Settings of the user's that would install elsewhere or otherwise; all others, the index among them, count.
_SET_HERE = frozenset({
    "PIP_BREAK_SYSTEM_PACKAGES", "PIP_DRY_RUN", "PIP_EDITABLE", "PIP_FORCE_REINSTALL", "PIP_IGNORE_INSTALLED",
    "PIP_NO_DEPS", "PIP_PREFIX", "PIP_PYTHON", "PIP_QUIET", "PIP_REPORT", "PIP_REQUIREMENT", "PIP_REQUIRE_VIRTUALENV",
    "PIP_ROOT", "PIP_TARGET", "PIP_UPGRADE", "PIP_USER", "PIP_VERBOSE", "PYTHONHOME",
})  # fmt: skip
_ERROR = "ERROR: "
# How pip introduces the causes of a conflict, and what it calls a requirement and a constraint there.
_CAUSES, _ASKED, _FIXED = "The conflict is caused by:", "The user requested ", "The user requested (constraint) "
# The last words of a resolution that ended, in every version of pip from the first that writes reports.
_NO_SOLUTION = ("ResolutionImpossible", "No matching distribution found for")
_BREAK = re.compile(r"\(from versions: [^)]*\)")


class NotInstalledError(Exception):
    """A server could not be installed beside the user's packages; the text says why, as pip does."""


class NoSolutionError(NotInstalledError):
    """No version of a server goes with the user's packages, which the next try does not change either."""


@dataclass(frozen=True, slots=True)
class Pip:
    """A pip that serves the user's interpreter, and a folder for all that it writes on its way."""

    words: tuple[str, ...]
    folder: Path

    def resolved(self, wanted: WantedServer, packages: UserPackages) -> tuple[str, ...]:
        """Return what is to be installed for a server beside the user's packages, each as ``name==version``.

        Those that are there already are not among them. Raises NotInstalledError, which is NoSolutionError where pip
        says so.
        """
        report, constraints = self.folder / "report.json", self.folder / "constraints.txt"
        constraints.write_text("\n".join(packages.constraints), encoding="utf-8")
        ended = self._run("--dry-run", "--report", str(report), "--constraint", str(constraints), *wanted.requirements)
        if ended.status != 0:
            raise (NoSolutionError if has_no_solution(ended) else NotInstalledError)(reason(ended))
        found = _read(report)
        for name in found:
            if (own := packages.version(name)) is not None:
                raise NoSolutionError(f"it needs {name} {found[name]}, and {own} is in your environment")
        return tuple(f"{name}=={version}" for name, version in found.items())

    def install(self, resolved: Sequence[str], target: Path) -> None:
        """Install what was resolved into a folder; raises NotInstalledError."""
        ended = self._run("--no-deps", "--target", str(target), *resolved)
        if ended.status != 0:
            raise NotInstalledError(reason(ended))

    def _run(self, *words: str) -> Ended:
        always = (
            "--progress-bar",
            "off",
            "--disable-pip-version-check",
            "--no-input",
            "--no-user",
            "--prefer-binary",
            "--retries",
            "1",
        )
        environ = {name: value for name, value in os.environ.items() if name not in _SET_HERE}
        # What it unpacks and builds goes with the folder, even if it is ended.
        environ |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.folder))
        return run_limited([*self.words, "install", *always, *words], self.folder, LIMITS, environ)


def pip_for(interpreter: Interpreter, packages: UserPackages, folder: Path) -> Pip:
    """Return the pip of the interpreter itself, else stackduel's own; raises FieldError if there is none."""
    if _at_least(packages.version("pip"), WITH_REPORT):
        return Pip((str(interpreter.path), "-m", "pip"), folder)
    if _at_least(_own_version(), WITH_PYTHON):
        return Pip((*isolated_python(), "-m", "pip", "--python", str(interpreter.path)), folder)
    raise FieldError(
        f"--with-servers: needs pip {'.'.join(map(str, WITH_PYTHON))} or newer, which neither {interpreter.path} nor "
        "stackduel's own environment has: install it in one of them (python -m ensurepip --upgrade)"
    )


def shown_requirements(wanted: WantedServer, resolved: Sequence[str]) -> tuple[str, ...]:
    """Return what the user types behind ``pip install`` to have the server: its packages at the versions tried."""
    versions = {normalised(name): version for name, _, version in (each.partition("==") for each in resolved)}
    named = ((each, versions.get(normalised(distribution_of(each)))) for each in wanted.requirements)
    return tuple(f"{distribution_of(each)}{extras_of(each)}=={version}" for each, version in named if version)


def reason(ended: Ended) -> str:
    """Return why pip failed, as part of a sentence: what conflicts, else its last error."""
    if ended.status is None:
        return f"pip {ended.how}"
    lines = [line.strip() for line in ended.output.splitlines()]
    if any(line.startswith("WARNING: Retrying") for line in lines):
        return UNREACHABLE
    if conflict := _conflict(lines):
        return conflict
    errors = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
    last = (errors or [line for line in lines if line] or [f"pip {ended.how}"])[-1]
    return _BREAK.sub("", last).strip().rstrip(".")


def has_no_solution(ended: Ended) -> bool:
    """Return whether pip looked through an index to the end and found nothing that fits.

    An index that has no version at all may be the wrong one, or out of reach.
    """
    saw_versions = (
        ended.status is not None and reason(ended) != UNREACHABLE and "(from versions: none)" not in ended.output
    )
    return saw_versions and any(each in ended.output for each in _NO_SOLUTION)


def _conflict(lines: Sequence[str]) -> str:
    """Return what needs a package of the user's in another version, in words; nothing if pip names no conflict."""
    if _CAUSES not in lines:
        return ""
    behind = lines[lines.index(_CAUSES) + 1 :]
    causes = behind[: behind.index("")] if "" in behind else behind
    # Of many versions with the same need the newest is the first.
    needs = [each for each in causes if " depends on " in each] or [
        f"it needs {each.removeprefix(_ASKED)}" for each in causes if each.startswith(_ASKED) and _FIXED not in each
    ]
    fixed = [each.partition(_FIXED)[2].replace("==", " ") for each in causes if _FIXED in each]
    return ", and your environment has ".join((*(each.partition(";")[0] for each in needs[:1]), *fixed[:1]))


def _read(report: Path) -> Mapping[str, str]:
    """Return the name and version of each distribution that a report of pip's says to install."""
    try:
        with report.open("rb") as file:
            content = json.loads(file.read(MOST_REPORT_BYTES))
        return {each["metadata"]["name"]: each["metadata"]["version"] for each in content["install"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotInstalledError(f"pip wrote no report that can be read ({error})") from error


def _own_version() -> str | None:
    try:
        return importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError:
        return None


def _at_least(version: str | None, least: tuple[int, int]) -> bool:
    match = re.match(r"(\d+)\.(\d+)", version or "")
    return match is not None and (int(match[1]), int(match[2])) >= least
