"""Print the coverage of each package from coverage's JSON: ``python -m tests.coverage_table coverage.json``."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

ENOUGH_PERCENT = 90.0


@dataclass(frozen=True, slots=True)
class PackageCoverage:
    """The statements of a package, and the uncovered lines of its files."""

    name: str
    statements: int
    missing: Mapping[str, tuple[int, ...]]

    @property
    def percent(self) -> float:
        """The share of its statements that the tests ran."""
        uncovered = sum(map(len, self.missing.values()))
        return 100 * (1 - uncovered / self.statements) if self.statements else 100.0


def packages_of(report: Mapping[str, Any]) -> list[PackageCoverage]:
    """Return the packages of coverage's JSON report, by name."""
    statements: dict[str, int] = defaultdict(int)
    missing: dict[str, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for path, file in report["files"].items():
        name = package_of(path)
        statements[name] += file["summary"]["num_statements"]
        missing[name][path] = tuple(file["missing_lines"])
    return [PackageCoverage(name, statements[name], missing[name]) for name in sorted(statements)]


def package_of(path: str) -> str:
    """Return ``stackduel.cli`` for ``benchmarks/stackduel/cli/commands/run.py``."""
    parts = PurePosixPath(path.replace("\\", "/")).parts[1:-1]
    return ".".join(parts[:2])


def ranges(lines: tuple[int, ...]) -> str:
    """Return sorted line numbers as ``3-5, 9``."""
    spans: list[list[int]] = []
    for line in lines:
        if spans and line == spans[-1][1] + 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in spans)


def table(packages: list[PackageCoverage]) -> list[str]:
    """Return the lines to print: a line per package, the total, and the uncovered lines where too much is uncovered."""
    total = PackageCoverage(
        "total",
        sum(package.statements for package in packages),
        {path: lines for package in packages for path, lines in package.missing.items()},
    )
    printed = [f"{'package':<32} {'statements':>10} {'uncovered':>10} {'covered':>8}"]
    for package in (*packages, total):
        uncovered = sum(map(len, package.missing.values()))
        printed.append(f"{package.name:<32} {package.statements:>10} {uncovered:>10} {package.percent:>6.1f} %")
    for package in packages:
        if package.percent < ENOUGH_PERCENT:
            printed.append(f"{package.name} is under {ENOUGH_PERCENT:g} %; its uncovered lines:")
            printed += [f"  {path}: {ranges(lines)}" for path, lines in package.missing.items() if lines]
    return printed


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(packages_of(json.loads(Path(sys.argv[1]).read_text())))) + "\n")
