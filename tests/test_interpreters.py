"""The other interpreters of a machine, which scripts/interpreters.sh tests."""

from __future__ import annotations

import re
import runpy
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPT = (ROOT / "scripts" / "interpreters.sh").read_text(encoding="utf-8")


def test_each_is_another_version_that_we_support() -> None:
    """From the lowest version of pyproject.toml on; that which runs all tests is none of them."""
    known = runpy.run_path(str(ROOT / "scripts" / "interpreters.py"))
    lowest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert lowest == f">={known['VERSIONS'][0]}"
    own = ".".join(map(str, sys.version_info[:2]))
    found = dict(known["interpreters"]())
    assert set(found) <= set(known["VERSIONS"]) - {own}
    assert all(path.is_file() for path in found.values())


def test_its_tests_are_there() -> None:
    """A test that was moved would be looked for in vain."""
    named = re.findall(r"tests/[\w/.]+", SCRIPT)
    assert len(named) > 5
    assert all((ROOT / each).exists() for each in named if not each.endswith(".txt"))


def test_ci_runs_it() -> None:
    """Its environments are made beside the tests, and tested after them."""
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "scripts/interpreters.sh --install" in ci
    assert re.search(
        r"^scripts/interpreters\.sh --test >build/interpreters\.log 2>&1 &\ninterpreters=\$!$", ci, re.MULTILINE
    )
    assert re.search(r"^wait \"\$interpreters\" \|\| status=1$", ci, re.MULTILINE)
