"""Changes between two runs, and trends, as tables: against golden texts, and within 80 columns."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.analysis.history.changes import Ratio, RunComparison, StackChange
from stackduel.analysis.history.run_summary import RunSummary, SpeedupPoint, Unreadable
from stackduel.analysis.history.trend import trend
from stackduel.report.markdown import changes as markdown_changes
from stackduel.report.markdown import trend as markdown_trend
from stackduel.report.terminal.history import show_between, show_runs, show_trend
from tests.golden import golden

GOLDEN = Path(__file__).with_name("golden-changes.md")
GOLDEN_TREND = Path(__file__).with_name("golden-trend.md")
FOUND = RunComparison(
    old="20260101-000000-quick-aaaa",
    new="20260102-000000-quick-bbbb",
    baseline="flask-gunicorn",
    confidence=0.95,
    differences=("Python: CPython 3.11.7 -> CPython 3.12.1", "seed: 7 -> 8"),
    notes=("more is left out: the runs differ in load.",),
    changes=(
        StackChange("waiting-100", "flask-gunicorn", "rate", 80.0, 72.5, None, Ratio(0.906, 0.9, 0.912), "not tested",
               None, False, 5, 6),
        StackChange("waiting-100", "fastapi-uvicorn", "rate", 985.0, 620.0, Ratio(0.695, 0.68, 0.71),
               Ratio(0.629, 0.62, 0.64), "slower", 0.02, False, 5, 6),
        StackChange("classic", "fastapi-uvicorn", "time", 104.0, 104.2, Ratio(0.999), Ratio(0.998), "inconclusive",
               0.02, True, 3, 3),
    ),
)  # fmt: skip


def entry(day: int, speedup: float, *, python: str = "3.11", launcher: str = "local") -> RunSummary:
    points = (
        SpeedupPoint("waiting-100", "flask-gunicorn", "rate", 80.0, 1.0, None, None, "not tested"),
        SpeedupPoint(
            "waiting-100", "fastapi-uvicorn", "rate", 80 * speedup, speedup, speedup * 0.9, speedup * 1.1, "faster"
        ),
        SpeedupPoint("classic", "fastapi-uvicorn", "time", 104.0, None, None, None, "not tested"),
    )
    folder = f"202601{day:02}-000000-quick-aaaa"
    return RunSummary(
        folder=folder,
        run_id=folder,
        started=f"2026-01-{day:02}T00:00:00+00:00",
        suite="quick",
        mode=None,
        baseline="flask-gunicorn",
        stacks=("flask-gunicorn", "fastapi-uvicorn"),
        status="complete",
        launcher=launcher,
        headline="Move to FastAPI on Uvicorn: 12.3x (11.1-13.5), all of the gain there is in this suite of scenarios.",
        facts={"python": python},
        points=points,
    )


TREND = trend([entry(1, 12.3), entry(2, 12.4), entry(3, 9.9, python="3.12"), entry(4, 9.8, launcher="docker")])


def printed(show: Callable[..., None], *what: object, width: int = 80) -> str:
    out = io.StringIO()
    show(*what, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def test_the_comparison_is_the_golden_one() -> None:
    """Tables, legend, notes and what was not measured alike, exactly as agreed."""
    text = markdown_changes.render(FOUND)
    assert text == golden(GOLDEN, text)


def test_the_trend_is_the_golden_one() -> None:
    """A table for each stack in each scenario, and what changed where a mark stands."""
    text = markdown_trend.render(TREND)
    assert text == golden(GOLDEN_TREND, text)


@pytest.mark.parametrize("found", [FOUND, replace(FOUND, baseline=None, differences=(), notes=())])
def test_the_comparison_fits_80_columns(found: RunComparison) -> None:
    """Every figure and word stands in full, and no line of a table is wider."""
    text = printed(show_between, found)
    assert max(len(line.rstrip()) for line in text.splitlines()[1:]) <= 80
    for shown in ("0.69x (0.68-0.71)", "0.63x (0.62-0.64)", "slower", "inconclusive (noisy)", "620"):
        assert shown in text


def test_a_narrow_terminal_leaves_columns_out_and_says_so() -> None:
    """The raw change goes first; the ratio and its word never."""
    text = printed(show_between, FOUND, width=60)
    assert "too narrow for raw" in text
    assert "0.69x (0.68-0.71)" in text
    assert "0.63x" not in text
    tiny = printed(show_between, FOUND, width=20)
    assert "fastapi-uvicorn  0.69x (0.68-0.71)  slower" in tiny


def test_a_list_of_runs_fits_80_columns() -> None:
    """Two lines a run: which, and what came of it; then what is not shown, and what cannot be read."""
    text = printed(show_runs, [entry(2, 2.0), entry(1, 3.0)], 5, [Unreadable("x", "run x: [red]not[/red] valid JSON")])
    lines = text.splitlines()
    assert lines[0] == "20260102-000000-quick-aaaa  quick, 2 stacks, local, complete"
    assert lines[1].startswith("  Move to FastAPI on Uvicorn: 12.3x (11.1-13.5)")
    assert "5 older runs not shown: --limit 7 shows all." in lines
    assert lines[-1] == "x: cannot be read: run x: [red]not[/red] valid JSON"
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert printed(show_runs, [], 0, []) == "No run is here.\n"


def test_a_trend_fits_80_columns_and_needs_no_colour() -> None:
    """Marks are characters."""
    text = printed(show_trend, TREND)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert "20260103-000000-quick-aaaa *" in text
    assert "20260102-000000-quick-aaaa *" not in text
    assert "\x1b" not in text
    assert "20260103-000000-quick-aaaa: python: 3.11 -> 3.12" in text or "Python: 3.11 -> 3.12" in text
