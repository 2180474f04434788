"""The shape of the house: who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = (
    "budget", "change", "conclude", "curve", "duration", "fields", "fit", "gpu", "histogram", "judge",
    "measurement", "options", "plan", "record", "report/table", "contract/cases",
    "inference/answers", "inference/given", "inference/messages", "inference/workload_file", "inference/outputs",
    "inference/protocol", "inference/isolated", "inference/ceiling_share", "inference/breakdown",
    "report/words", "report/markdown", "stats/advice", "stats/candidate", "stats/ceilings", "stats/crossover",
    "stats/decision", "stats/gates", "stats/intervals", "stats/littles_law", "suite", "target", "trial", "verdict",
    "load/schedule", "observe/series", "suite_file", "twin", "why", "report/findings", "search/answer",
    "search/breaking_point", "search/capacity", "search/cold_start", "search/finding", "search/launches",
    "search/modes", "search/probe", "search/settings", "search/settings_file", "search/slo", "search/soak",
    "search/sustained", "stats/order", "stats/trend", "duel", "sla", "stored",
    "report/block", "report/duel", "report/duel_words", "report/inference", "report/insights",
    "report/choice", "report/compared", "report/conditions", "report/details", "report/fitting", "report/found",
    "report/levels", "report/markup", "report/overview", "report/pair", "report/reasons", "report/searched",
    "report/standing",
    "report/html/answer", "report/html/blocks", "report/html/ceilings", "report/html/costs", "report/html/crossover",
    "report/html/doubts", "report/html/failed", "report/html/latencies", "report/html/measured", "report/html/page",
    "report/html/scenarios", "report/html/searches", "report/html/shipped", "report/html/speedups",
    "report/html/spread", "report/html/stacks", "report/html/surroundings", "report/html/timelines", "live/board",
    "live/page", "report/html/further", "report/html/sheet", "report/html/trend", "report/html/gpus",
    "report/html/courses", "report/html/moments",
    "condition/check", "condition/conditions", "condition/figures", "condition/found", "condition/grammar",
    "condition/measured", "condition/tokens", "condition/tree", "condition/verdict", "report/csv", "report/junit",
    "document/json_schema", "document/redaction", "document/run", "document/schema", "document/suite",
    "document/trial",
    "history/between", "history/change", "history/notes", "history/sides", "history/differences", "history/entry",
    "history/figures", "history/trend", "report/changes",
    "report/trend", "stats/welch", "report/live_view", "terminal/columns", "terminal/prose",
)  # fmt: skip
IO = {
    "aiohttp", "asyncio", "concurrent", "docker", "http", "httptools", "multiprocessing", "os", "pathlib", "psutil",
    "requests", "shutil", "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip
FRAMEWORKS = {"flask", "quart", "fastapi", "starlette", "werkzeug", "pydantic", "gunicorn", "uvicorn", "hypercorn"}
CONDUCTED = ("benchmarks.launch", "benchmarks.load", "benchmarks.observe")


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_import_no_io(module: str) -> None:
    """What computes neither reads nor writes nor waits, and uses only what is pure itself."""
    path = ROOT / "benchmarks" / f"{module}.py"
    found = set(imports(path))
    assert not {each for each in found if each in IO or each.split(".")[0] in IO}
    ours = {each for each in found if each.startswith("benchmarks.")}
    allowed = {f"benchmarks.{pure.replace('/', '.')}" for pure in PURE} | {
        "benchmarks.hdr",
        "benchmarks.report",
        "benchmarks.stats",
    }
    strange = {each for each in ours if not any(each == one or each.startswith(f"{one}.") for one in allowed)}
    assert not strange


def test_only_run_brings_launch_load_and_observe_together() -> None:
    """One module drives the three; each of them knows neither of the other two."""
    for folder in CONDUCTED:
        for path in modules(folder.replace(".", "/")):
            foreign = [each for each in imports(path) if each.startswith(CONDUCTED) and not each.startswith(folder)]
            assert not foreign, f"{name(path)} imports {foreign}"
    together = {
        name(path)
        for path in modules("benchmarks")
        if len({folder for folder in CONDUCTED for each in imports(path) if each.startswith(folder)}) == 3
    }
    assert together == {"benchmarks/run/bench.py"}


def test_servers_know_nothing_of_the_runner() -> None:
    """Nothing in servers/ imports benchmarks/, because an image holds servers/ alone."""
    for path in modules("servers"):
        assert not [each for each in imports(path) if each.split(".")[0] == "benchmarks"], name(path)


def test_the_core_knows_no_framework() -> None:
    """servers/core imports no framework and no server, and neither does the runner."""
    for path in [*modules("servers/core"), *modules("benchmarks")]:
        assert not [each for each in imports(path) if each.split(".")[0] in FRAMEWORKS], name(path)


def test_no_two_modules_import_each_other() -> None:
    """The imports of the project make no circle."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in [*modules("benchmarks"), *modules("servers")]
    }
    arrows = {module: {each for each in imports(path) if each in paths} for module, path in paths.items()}
    while leaves := [module for module, targets in arrows.items() if not targets]:
        arrows = {module: targets - set(leaves) for module, targets in arrows.items() if module not in leaves}
    assert not arrows, f"a circle among {sorted(arrows)}"
