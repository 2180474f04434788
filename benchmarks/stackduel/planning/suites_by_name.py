"""The built-in suites by name, and the suites in the user's own files."""

from __future__ import annotations

from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.suite import Suite
from stackduel.planning.suite_file import parse_suite

SUITES = Path(__file__).parent / "suites"
MAX_SUITE_BYTES = 1_000_000


def suite_names() -> tuple[str, ...]:
    """Return the names of the built-in suites."""
    return tuple(sorted(path.stem for path in SUITES.glob("*.toml")))


def read_suite(name: str) -> Suite:
    """Read a suite by its name, or by the path of a TOML file; raises FieldError."""
    if name in suite_names():
        return parse_suite(name, (SUITES / f"{name}.toml").read_text(encoding="utf-8"))
    path = Path(name)
    if path.suffix != ".toml":
        raise FieldError(f"SUITE: {name!r} is none of {', '.join(suite_names())}, nor a .toml file")
    try:
        if path.stat().st_size > MAX_SUITE_BYTES:
            raise FieldError(f"SUITE: {path}: at most {MAX_SUITE_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FieldError(f"SUITE: {path}: cannot be read: {error}") from error
    return parse_suite(path.stem, text)
