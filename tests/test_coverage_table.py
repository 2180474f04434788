"""The table of coverage: packages, the total, and the uncovered lines of a package under 90 %."""

from __future__ import annotations

from typing import Any

from tests.coverage_table import packages_of, ranges, table


def file(statements: int, *missing: int) -> dict[str, Any]:
    return {"summary": {"num_statements": statements}, "missing_lines": list(missing)}


REPORT = {
    "files": {
        "benchmarks/stackduel/cli/main.py": file(10, 3, 4, 5, 9),
        "benchmarks/stackduel/cli/commands/run.py": file(10),
        "benchmarks/stackduel/load/job.py": file(80, 7),
        "servers/stackduel_servers/serve.py": file(0),
    }
}


def test_files_are_counted_by_their_package() -> None:
    """A subpackage belongs to the package that holds it; a package without statements is covered."""
    found = [(package.name, package.statements, round(package.percent, 2)) for package in packages_of(REPORT)]
    assert found == [("stackduel.cli", 20, 80.0), ("stackduel.load", 80, 98.75), ("stackduel_servers", 0, 100.0)]


def test_only_a_package_under_90_percent_shows_its_lines() -> None:
    """The uncovered lines stand as ranges, file by file, and the total comes after the packages."""
    lines = table(packages_of(REPORT))
    assert [line.split() for line in lines[1:5]] == [
        ["stackduel.cli", "20", "4", "80.0", "%"],
        ["stackduel.load", "80", "1", "98.8", "%"],
        ["stackduel_servers", "0", "0", "100.0", "%"],
        ["total", "100", "5", "95.0", "%"],
    ]
    assert lines[6:] == ["  benchmarks/stackduel/cli/main.py: 3-5, 9"]


def test_lines_that_follow_each_other_are_one_range() -> None:
    """Single lines stay single."""
    assert ranges((1, 2, 3, 7, 9, 10)) == "1-3, 7, 9-10"
    assert ranges(()) == ""
