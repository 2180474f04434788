"""Print the lowest version of each dependency of the runner, as constraints for pip: NAME==VERSION, a line each.

scripts/floors.sh installs them and runs tests on them.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The extras that the runner itself uses; those of the servers are pinned.
EXTRAS = (
    "requirements/gpu.txt",
    "requirements/inference.txt",
    "requirements/encodings.txt",
    "requirements/profile.txt",
    "requirements/push.txt",
    "requirements/openapi.txt",
)
BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[^]]*])?>=(?P<low>[0-9.]+)(,[^;]*)?(?P<marker>;.*)?")


def floors() -> Iterator[str]:
    """Yield the constraints; raise ValueError for a dependency without a lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in (*project["dependencies"], *_of_extras()):
        bound = BOUND.fullmatch(requirement)
        if bound is None:
            raise ValueError(f"{requirement!r} has no lower bound")
        yield f"{bound['name']}=={bound['low']}{bound['marker'] or ''}"


def _of_extras() -> Iterator[str]:
    for path in EXTRAS:
        for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                yield line


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in floors())
