"""Count the house: ``python -m tests.counts`` prints the figures of docs/architecture.md; ``--write`` renews them."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = (ROOT / "benchmarks" / "stackduel", ROOT / "servers" / "stackduel_servers")
# Where an addition may need a change. Suites, docs and tests name stacks and endpoints as examples.
SEARCHED = ("benchmarks/**/*.*", "servers/**/*.*", "docker/*.*", "docker-compose.yml", "pyproject.toml")
SUITES = "benchmarks/stackduel/planning/suites/"
TEXT = frozenset({".py", ".toml", ".yml", ".txt", ".Dockerfile"})
LONG = 30
PAGE = ROOT / "docs" / "architecture.md"
# A row of the page's tables of packages: name, what lives there, modules, lines.
ROW = re.compile(r"^\| (?:`(?P<name>[\w*.]+)`|(?P<all>all)) \| (?P<about>.*?) ?\| [\d,]+ \| [\d,]+ \|$")


@dataclass(frozen=True, slots=True)
class Addition:
    """Something to add, an existing example, and a pattern that finds the files which know the example."""

    what: str
    example: str
    pattern: str


ADDITIONS = (
    Addition("a stack of a known framework", "quart-uvicorn", r"quart-uvicorn(?![\w-])"),
    Addition("a framework", "starlette", r"\"starlette\"|\bstarlette(\.txt|_app)|\bstarlette-uvicorn(?![\w-])"),
    Addition("a server", "waitress", r"\"waitress\"|waitress(\.txt|_runner|==)|flask-waitress\]"),
    Addition("an endpoint", "/json", r"\"/json[\"?]|def items\(|def catalogue"),
    Addition("a suite", "batching", r"batching\.toml"),
    Addition("a report section", "migration_matrix", r"^    migration_matrix,$"),
    Addition("a load driver", "aiohttp", r"\"aiohttp\", \"grpc\"|\bAiohttpUser\b"),
)


def modules(folder: Path) -> list[Path]:
    """Return every Python module below a folder."""
    return sorted(folder.rglob("*.py"))


def lines(paths: list[Path]) -> int:
    """Return the number of lines of all files together."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def packages(top: Path) -> Iterator[tuple[str, int, int]]:
    """Yield each package of ``top`` with its number of modules and lines, and last the modules beside them."""
    for folder in sorted(path for path in top.iterdir() if modules(path)):
        yield f"{top.name}/{folder.name}", len(modules(folder)), lines(modules(folder))
    loose = sorted(top.glob("*.py"))
    yield f"{top.name}/*.py", len(loose), lines(loose)


def doubled_types() -> dict[str, list[str]]:
    """Return the public class names that more than one module defines, with the modules."""
    places = defaultdict(list)
    for path in (path for top in PACKAGES for path in modules(top)):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(ROOT).as_posix())
    return {name: where for name, where in places.items() if len(where) > 1}


def recurring_names() -> dict[str, int]:
    """Return the file names that recur, with how often; ``__init__`` and ``__main__`` are Python's own."""
    names = Counter(path.stem for top in PACKAGES for path in modules(top) if not path.stem.startswith("__"))
    return {name: count for name, count in names.most_common() if count > 1}


def function_lengths() -> list[int]:
    """Return the number of lines of every function."""
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for top in PACKAGES
        for path in modules(top)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def touched(addition: Addition) -> list[str]:
    """Return the files that know the addition's example, or are named after it."""
    found = set()
    for path in (path for pattern in SEARCHED for path in ROOT.glob(pattern) if path.suffix in TEXT):
        place = path.relative_to(ROOT).as_posix()
        named = path.stem in {addition.example, f"{addition.example}_user"}
        in_suites = place.startswith(SUITES) and addition.what != "a suite"
        # The aiohttp of the servers is a framework; a load driver has nothing there.
        is_framework = place.startswith("servers/") and addition.what == "a load driver"
        if (
            not in_suites
            and not is_framework
            and (named or re.search(addition.pattern, path.read_text(encoding="utf-8"), re.MULTILINE))
        ):
            found.add(place)
    return sorted(found)


def report() -> Iterator[str]:
    """Yield the lines to print."""
    for top in PACKAGES:
        yield from (f"{name:40} {count:4} modules {size:7,} lines" for name, count, size in packages(top))
        yield f"{top.name + ' in all':40} {len(modules(top)):4} modules {lines(modules(top)):7,} lines"
    yield f"type names defined twice: {', '.join(sorted(doubled_types())) or 'none'}"
    names = recurring_names()
    yield f"file names that recur: {len(names)}: {', '.join(f'{name} {count}' for name, count in names.items())}"
    lengths = function_lengths()
    yield f"functions over {LONG} lines: {sum(length > LONG for length in lengths)} of {len(lengths):,}"
    for addition in ADDITIONS:
        places = touched(addition)
        yield f"{addition.what}, such as {addition.example}: {len(places)} files"
        yield from (f"  {place}" for place in places)


def renewed(page: str) -> str:
    """Return the page with its figures counted again; raises ValueError naming what it has no row for."""
    tops = iter(PACKAGES)
    known: dict[str, tuple[int, int]] = {}
    done = []
    for line in page.splitlines():
        if line.startswith("| package |"):
            top = next(tops)
            known = {name.partition("/")[2]: (count, size) for name, count, size in packages(top)}
            known["all"] = (len(modules(top)), lines(modules(top)))
        row = ROW.match(line)
        if row and known:
            count, size = known.pop(row["name"] or "all")
            name = f"`{row['name']}`" if row["name"] else "all"
            done.append(f"| {name} | {row['about']}{' ' if row['about'] else ''}| {count} | {size:,} |")
            if row["all"] and (left := set(known) - {"*.py"}):
                raise ValueError(f"{PAGE.name} has no row for {', '.join(sorted(left))}")
        elif line.startswith("- File names that recur: "):
            names = recurring_names()
            told = ", ".join(f"{name} {count}" for name, count in names.items())
            done.append(f"- File names that recur: {len(names)}: {told}.")
        elif line.startswith("- Functions over "):
            lengths = function_lengths()
            done.append(f"- Functions over {LONG} lines: {sum(each > LONG for each in lengths)} of {len(lengths):,}.")
        else:
            done.append(line)
    return "\n".join(done) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.writelines(f"{line}\n" for line in report())
