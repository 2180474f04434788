"""The built-in suites by name, and the suites in the user's own files."""

from __future__ import annotations

from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.similar import did_you_mean
from stackduel.model.suite import Suite
from stackduel.planning.suite_file import parse_suite, suite_of
from stackduel.planning.toml_file import folder_of, read_toml

SUITES = Path(__file__).parent / "suites"


def suite_names() -> tuple[str, ...]:
    """Return the names of the built-in suites."""
    return tuple(sorted(path.stem for path in SUITES.glob("*.toml")))


def read_suite(name: str) -> Suite:
    """Read a suite by its name, or by the path of a TOML file; raises FieldError."""
    if name in suite_names():
        return parse_suite(name, (SUITES / f"{name}.toml").read_text(encoding="utf-8"), folder=SUITES)
    path = Path(name)
    if path.suffix != ".toml":
        close = did_you_mean(name, suite_names())
        raise FieldError(f"SUITE: {name!r} is none of {', '.join(suite_names())}, nor a .toml file{close}")
    return suite_of(path.stem, read_toml("SUITE:", path), "content", folder_of(path))
