"""The shape of the house: who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = (
    "model/budget", "analysis/migration", "analysis/conclusion", "analysis/crossover", "model/duration",
    "planning/fields", "planning/time_budget", "model/gpu_use", "model/histogram", "analysis/judgement",
    "model/measurement", "model/run_options", "planning/order", "model/run", "report/sections/result_table",
    "verify/contract/cases", "inference/answer_formats", "model/model_input", "inference/grpc_messages",
    "planning/workload_file", "inference/output_comparison", "inference/protocol", "inference/isolated",
    "analysis/ceiling_shares", "analysis/time_breakdown", "report/sections/words", "report/markdown/document",
    "analysis/advice", "analysis/candidates", "analysis/ceilings", "analysis/asymptotic_bounds", "analysis/decision",
    "analysis/gates", "analysis/statistics/intervals", "analysis/littles_law", "model/suite", "model/target",
    "model/trial", "analysis/comparisons", "load/schedule", "observe/series", "planning/suite_file", "model/aa_pair",
    "analysis/bottlenecks", "report/sections/findings", "search/level_outcome", "search/breaking_point",
    "search/capacity", "search/cold_start", "search/finding", "search/launches", "search/modes", "search/probe",
    "model/search_settings", "planning/search_settings_file", "search/slo", "search/soak", "search/sustained",
    "analysis/statistics/order_statistics", "analysis/statistics/slopes", "analysis/head_to_head",
    "analysis/service_levels", "storage/stored_histogram", "report/sections/block", "report/sections/head_to_head",
    "report/sections/head_to_head_words", "report/sections/inference", "report/sections/insights",
    "report/sections/choice", "report/markdown/compared", "report/sections/conditions", "report/markdown/details",
    "report/markdown/fitting", "report/markdown/search_report", "report/sections/levels", "report/markdown/markup",
    "report/sections/overview", "report/sections/pair", "report/sections/reasons", "report/sections/searched",
    "report/markdown/head", "report/html/headline", "report/html/blocks", "report/html/ceilings", "report/html/costs",
    "report/html/crossover_charts", "report/html/caveats", "report/html/failures", "report/html/latencies",
    "report/html/counted_trials", "report/html/page", "report/html/scenarios", "report/html/searches",
    "report/html/assets_files", "report/html/speedups", "report/html/spread", "report/html/stacks",
    "report/html/environment", "report/html/timelines", "report/live/board", "report/live/page",
    "report/html/shared_sections", "report/html/sheet", "report/html/trend_page", "report/html/gpus",
    "report/html/trend_charts", "report/html/trend_moments", "analysis/conditions/checking",
    "analysis/conditions/conditions", "analysis/conditions/metrics", "analysis/conditions/search_metrics",
    "analysis/conditions/grammar", "analysis/conditions/run_metrics", "analysis/conditions/tokens",
    "analysis/conditions/syntax_tree", "analysis/conditions/outcome", "report/trials_csv", "report/junit",
    "storage/json_schema", "storage/redaction", "storage/run_document", "storage/schema", "storage/suite_document",
    "storage/trial_document", "analysis/history/two_runs", "analysis/history/changes", "analysis/history/caveats",
    "analysis/history/sides", "analysis/history/environment_changes", "analysis/history/run_summary",
    "analysis/history/change_metrics", "analysis/history/trend", "report/sections/changes",
    "report/sections/trend_rows", "analysis/statistics/welch", "report/terminal/live_view", "report/terminal/columns",
    "report/terminal/prose",
)  # fmt: skip
IO = {
    "aiohttp", "asyncio", "concurrent", "docker", "http", "httptools", "multiprocessing", "os", "pathlib", "psutil",
    "requests", "shutil", "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip
FRAMEWORKS = {"flask", "quart", "fastapi", "starlette", "werkzeug", "pydantic", "gunicorn", "uvicorn", "hypercorn"}
CONDUCTED = ("stackduel.launch", "stackduel.load", "stackduel.observe")


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
    path = ROOT / "benchmarks" / "stackduel" / f"{module}.py"
    found = set(imports(path))
    assert not {each for each in found if each in IO or each.split(".")[0] in IO}
    ours = {each for each in found if each.startswith("stackduel.")}
    allowed = {f"stackduel.{pure.replace('/', '.')}" for pure in PURE} | {
        "stackduel.model.hdr",
        "stackduel.report",
        "stackduel.analysis.statistics",
    }
    strange = {each for each in ours if not any(each == one or each.startswith(f"{one}.") for one in allowed)}
    assert not strange


def test_only_run_brings_launch_load_and_observe_together() -> None:
    """One module drives the three; each of them knows neither of the other two."""
    for folder in CONDUCTED:
        for path in modules("benchmarks/" + folder.replace(".", "/")):
            foreign = [each for each in imports(path) if each.startswith(CONDUCTED) and not each.startswith(folder)]
            assert not foreign, f"{name(path)} imports {foreign}"
    together = {
        name(path)
        for path in modules("benchmarks")
        if len({folder for folder in CONDUCTED for each in imports(path) if each.startswith(folder)}) == 3
    }
    assert together == {"benchmarks/stackduel/runner/trial_runner.py"}


def test_servers_know_nothing_of_the_runner() -> None:
    """Nothing in servers/ imports benchmarks/, because an image holds servers/ alone."""
    for path in modules("servers"):
        assert not [each for each in imports(path) if each.split(".")[0] == "stackduel"], name(path)


def test_the_core_knows_no_framework() -> None:
    """servers/core imports no framework and no server, and neither does the runner."""
    for path in [*modules("servers/stackduel_servers/core"), *modules("benchmarks")]:
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
