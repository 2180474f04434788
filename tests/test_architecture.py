"""The shape of the house: what each package may import, and that nothing is said twice."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = ROOT / "benchmarks" / "stackduel"
SERVERS = ROOT / "servers" / "stackduel_servers"
# From the top to the bottom: a package may import those below it. Packages of one line know nothing of each other.
STOREYS = (
    ("cli",),
    ("runner",),
    ("launch", "observe", "checkouts"),
    ("verify",),
    ("load",),
    ("application", "containers", "inference"),
    ("report",),
    ("storage", "traffic"),
    ("planning",),
    ("search",),
    ("analysis",),
    ("model", "process"),
)
STOREY = {package: number for number, storey in enumerate(STOREYS) for package in storey}
PURE = ("model", "analysis", "search", "report/sections")
IO = frozenset({
    "aiohttp", "asyncio", "concurrent", "docker", "http", "httptools", "multiprocessing", "os", "pathlib.Path",
    "psutil", "requests", "shutil", "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time",
    "urllib.request",
})  # fmt: skip
# Of the servers' package the runner may use what describes stacks and models, never what serves them.
FRAMEWORKS = frozenset({
    "flask", "quart", "fastapi", "starlette", "django", "rest_framework", "litestar", "werkzeug", "pydantic",
    "gunicorn", "uvicorn",
})  # fmt: skip
LOOSE = frozenset({"__init__", "__main__"})
# Triton's Python backend looks for a class of this name in each model's module.
NAMED_BY_OTHERS = frozenset({"TritonPythonModel"})


def modules(folder: Path) -> list[Path]:
    """Every module below a folder."""
    return sorted(folder.rglob("*.py"))


def name(path: Path) -> str:
    """The dotted name of a module of ours."""
    top = PRODUCT if path.is_relative_to(PRODUCT) else SERVERS
    return ".".join((top.name, *path.relative_to(top).with_suffix("").parts)).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages_imported(package: str) -> dict[str, set[str]]:
    """The other packages of stackduel that a package imports, and by which of its modules."""
    found = defaultdict(set)
    for path in modules(PRODUCT / package):
        for each in imports(path):
            parts = each.split(".")
            if parts[0] == "stackduel" and len(parts) > 1 and parts[1] in STOREY and parts[1] != package:
                found[parts[1]].add(name(path))
    return dict(found)


def test_every_package_has_its_storey() -> None:
    """A new package stands in the table above, and no module lies loose beside the packages."""
    assert {path.name for path in PRODUCT.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(STOREY)
    assert {path.stem for path in PRODUCT.glob("*.py")} == LOOSE


@pytest.mark.parametrize("package", STOREY)
def test_a_package_imports_only_what_is_below_it(package: str) -> None:
    """No package knows its users or its siblings."""
    wrong = {other: by for other, by in packages_imported(package).items() if STOREY[other] <= STOREY[package]}
    assert not wrong


@pytest.mark.parametrize("folder", PURE)
def test_what_computes_imports_no_io(folder: str) -> None:
    """Pure packages neither read nor write nor wait."""
    wrong = {
        (name(path), each)
        for path in modules(PRODUCT / folder)
        for each in imports(path)
        if (each in IO or each.split(".")[0] in IO)
    }
    assert not wrong


def test_sections_know_no_renderer() -> None:
    """The content of a report is independent of the forms in which it is said."""
    wrong = {
        (name(path), each)
        for path in modules(PRODUCT / "report" / "sections")
        for each in imports(path)
        if each.startswith("stackduel.report.") and not each.startswith("stackduel.report.sections")
    }
    assert not wrong


def test_imports_make_no_circle() -> None:
    """No module imports itself, however indirectly; the CycleError names the circle."""
    # A package's own file is looked up by its name when a module of it is imported: no arrow of anybody's.
    paths = {name(path): path for path in [*modules(PRODUCT), *modules(SERVERS)] if path.stem != "__init__"}
    TopologicalSorter({each: set(imports(path)) & paths.keys() - {each} for each, path in paths.items()}).prepare()


def test_every_package_says_what_it_is_for() -> None:
    """The first paragraph of each top-level package is one or two sentences."""
    for package in STOREY:
        text = ast.get_docstring(ast.parse((PRODUCT / package / "__init__.py").read_text(encoding="utf-8")))
        assert text, package


def test_servers_know_nothing_of_the_runner() -> None:
    """An image holds the servers' package alone."""
    assert not [
        name(path) for path in modules(SERVERS) if any(each.split(".")[0] == "stackduel" for each in imports(path))
    ]


def test_neither_the_core_nor_the_runner_knows_a_framework() -> None:
    """The core of the servers and the runner run without any framework that is measured."""
    for path in [*modules(SERVERS / "core"), *modules(PRODUCT)]:
        assert not [each for each in imports(path) if each.split(".")[0] in FRAMEWORKS], name(path)


def public_types(path: Path) -> Iterator[str]:
    """The public classes and type aliases that a module defines."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            # A name such as ``Metric`` is a type, one such as ``SECONDS`` a constant.
            if isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper():
                yield target.id


def test_a_type_name_is_defined_once() -> None:
    """One word has one meaning, in both packages together."""
    places = defaultdict(list)
    for path in [*modules(PRODUCT), *modules(SERVERS)]:
        for each in public_types(path):
            if not each.startswith("_") and each not in NAMED_BY_OTHERS:
                places[each].append(name(path))
    assert not {each: where for each, where in places.items() if len(where) > 1}


def test_only_the_command_line_knows_click() -> None:
    """A command's work can be called without it."""
    outside = (path for path in [*modules(PRODUCT), *modules(SERVERS)] if not path.is_relative_to(PRODUCT / "cli"))
    assert not [name(path) for path in outside if any(each.split(".")[0] == "click" for each in imports(path))]
