"""The packages of the user's interpreter, and whether a server that lies beside them can be imported there."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackduel.application.limited_process import ProcessLimits, run_limited
from stackduel.application.wanted_servers import WantedServer
from stackduel.model.application import Interpreter
from stackduel.model.errors import FieldError

SCRIPT = Path(__file__).with_name("packages_script.py")
MOST_RESULT_BYTES = 10_000_000
# A version as pip writes it (PEP 440, the normal form): another one may not stand in a constraint.
_VERSION = re.compile(r"(\d+!)?\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?(\+[a-z0-9]+([.][a-z0-9]+)*)?", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class UserPackages:
    """The ABI that wheels for an interpreter must fit, and the version of each of its distributions by name."""

    abi: tuple[str, ...]
    distributions: Mapping[str, str]

    @property
    def constraints(self) -> tuple[str, ...]:
        """The lines that let pip change none of them.

        By name and version alone: a constraint cannot say that a package is editable, or from a repository.
        """
        return tuple(
            f"{name}=={version}"
            for name, version in sorted(self.distributions.items())
            if _PLAIN_NAME.fullmatch(name) and _VERSION.fullmatch(version)
        )

    @property
    def key(self) -> str:
        """A key of the environment: the hash of ABI and packages, sixteen digits."""
        lines = (*self.abi, *(f"{name}=={version}" for name, version in sorted(self.distributions.items())))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def version(self, name: str) -> str | None:
        """Return the version of a distribution, however its name is written; None if it is not there."""
        wanted = normalised(name)
        return next((found for each, found in self.distributions.items() if normalised(each) == wanted), None)


def normalised(name: str) -> str:
    """Return the name of a distribution as an index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def user_packages(interpreter: Interpreter, folder: Path) -> UserPackages:
    """Ask an interpreter for its packages, as it finds them in ``folder``; raises FieldError."""
    found, why = _asked(interpreter, folder, ())
    try:
        return UserPackages(tuple(map(str, found["abi"])), {str(k): str(v) for k, v in found["distributions"].items()})
    except (KeyError, AttributeError, TypeError):
        raise FieldError(f"--python: {interpreter.path} does not say which packages it has: {why}") from None


def start_of(wanted: WantedServer, layer: Path, interpreter: Interpreter, folder: Path) -> tuple[str, str]:
    """Return what starts a server that lies in ``layer``, as ``module:function``, else empty, and why it cannot be."""
    found, why = _asked(interpreter, folder, (str(layer), wanted.program, *wanted.modules))
    return str(found.get("start", "")), str(found.get("raised", why))


def _asked(interpreter: Interpreter, folder: Path, words: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    with tempfile.TemporaryDirectory(prefix="stackduel-packages-") as place:
        result = Path(place, "result.json")
        ended = run_limited([str(interpreter.path), str(SCRIPT), str(result), *words], folder, ProcessLimits())
        try:
            with result.open("rb") as file:
                found = json.loads(file.read(MOST_RESULT_BYTES))
        except (OSError, ValueError):
            found = {}
    why = ended.output.splitlines()[-1] if ended.output else ended.how
    return found if isinstance(found, dict) else {}, why
