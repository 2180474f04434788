"""``stackduel runs`` and ``stackduel trend`` over a folder of stored runs."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.cli.runs import show
from stackduel.cli.trend import show_over_time
from stackduel.model.errors import FieldError
from stackduel.storage import run_file
from tests.stackduel.analysis.history.made import simulated


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three runs of one suite, a later one of another, and one that cannot be read."""
    for day in (1, 2, 3, 4):
        run_id = f"2026010{day}-000000-quick-aaaa"
        made = simulated(day, run_id=run_id, fast=5.0 - day)
        if day == 4:
            made = replace(made, suite=replace(made.suite, name="other"))
        run_file.save(made, tmp_path / run_id)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("[]")
    return tmp_path


def listed(results: Path, suite: str | None = None, limit: int = 20, *, as_json: bool = False) -> str:
    out = io.StringIO()
    assert show(results, suite, limit, Console(file=out, width=80), as_json=as_json) == 0
    return out.getvalue()


def over_time(results: Path, suite: str | None, stacks: Sequence[str] | None = None, form: str = "table") -> str:
    out = io.StringIO()
    assert show_over_time(results, suite, stacks, 2, Console(file=out, width=80), form=form) == 0
    return out.getvalue()


def test_the_newest_runs_are_listed(results: Path) -> None:
    """As many as asked for, of one suite or all, and the broken one in any case."""
    lines = listed(results).splitlines()
    assert [line[:8] for line in lines if line.startswith("2026")] == ["20260104", "20260103", "20260102", "20260101"]
    assert any(line.startswith("broken: cannot be read: ") for line in lines)
    few = listed(results, "quick", 1)
    assert "20260103" in few
    assert "20260102" not in few
    assert "2 older runs not shown: --limit 3 shows all." in few


def test_the_list_as_json_is_whole(results: Path) -> None:
    """Runs with all that the index keeps, and what cannot be read."""
    content = json.loads(listed(results, "quick", as_json=True))
    assert [run["suite"] for run in content["runs"]] == ["quick"] * 3
    assert content["runs"][0]["points"][0]["scenario"] == "waiting"
    assert [each["folder"] for each in content["unreadable"]] == ["broken"]


def test_the_trend_is_that_of_a_suite(results: Path) -> None:
    """By default of the newest run's; the newest runs of it, the oldest first."""
    assert "20260104" in over_time(results, None)
    text = over_time(results, "quick", ["fast"])
    assert "waiting, fast" in text
    assert "waiting, slow" not in text
    assert "20260101" not in text
    assert text.index("20260102") < text.index("20260103")


def test_the_trend_has_other_forms(results: Path) -> None:
    """JSON for whatever draws it, Markdown for a wiki."""
    content = json.loads(over_time(results, "quick", form="json"))
    assert [len(line["points"]) for line in content["lines"]] == [2, 2]
    assert len(content["moments"]) == 2
    assert over_time(results, "quick", form="markdown").startswith("# stackduel: trend of 2 runs\n")


@pytest.mark.parametrize(
    ("suite", "stacks", "told"),
    [
        ("absent", None, "no comparison run of suite absent; suites found: other, quick"),
        ("quick", ["absent"], "none of absent was measured by suite quick"),
    ],
)
def test_no_trend_is_an_error(results: Path, suite: str, stacks: list[str] | None, told: str) -> None:
    """It says which suites there are."""
    with pytest.raises(FieldError, match=told):
        over_time(results, suite, stacks)


def test_an_empty_folder_has_neither_runs_nor_a_trend(tmp_path: Path) -> None:
    """And that is told."""
    assert listed(tmp_path / "absent") == "No run is here.\n"
    with pytest.raises(FieldError, match="no comparison run; suites found: none"):
        over_time(tmp_path, None)


def test_runs_that_cannot_be_read_are_no_trend_and_are_counted(tmp_path: Path) -> None:
    """Nobody is told that there are none where some are broken."""
    folder = tmp_path / "20260103-000000-quick-aaaa"
    folder.mkdir()
    (folder / "run.json").write_text("{")
    with pytest.raises(FieldError, match="suites found: none; 1 run cannot be read, stackduel runs names it"):
        over_time(tmp_path, None)


def drawn(results: Path, page: Path, form: str = "path") -> str:
    out = io.StringIO()
    # However long the path of the page is, its line is not wrapped.
    console = Console(file=out, width=80 + len(str(page)))
    assert show_over_time(results, "quick", None, 2, console, form=form, page=page) == 0
    return out.getvalue()


def test_the_trend_is_drawn_into_a_page(results: Path) -> None:
    """Its path is printed; runs lead to the reports below the page's folder, others are names."""
    (results / "20260103-000000-quick-aaaa" / "report.html").write_text("")
    page = results / "trend.html"
    assert drawn(results, page) == f"Trend: {page}\n"
    html = page.read_text(encoding="utf-8")
    assert 'href="./20260103-000000-quick-aaaa/report.html"' in html
    assert "20260102-000000-quick-aaaa/report.html" not in html
    (results / "elsewhere").mkdir()
    drawn(results, results / "elsewhere" / "trend.html")
    assert "report.html" not in (results / "elsewhere" / "trend.html").read_text(encoding="utf-8")


def test_a_page_and_another_form_go_together(results: Path) -> None:
    """The form is printed alone."""
    assert len(json.loads(drawn(results, results / "trend.html", "json"))["moments"]) == 2
    assert (results / "trend.html").is_file()


def test_an_address_has_no_letter_that_means_something(results: Path) -> None:
    """A folder of any name leads to its report and to nothing else."""
    strange = results / "javascript:a?b#c d"
    (results / "20260103-000000-quick-aaaa").rename(strange)
    (strange / "report.html").write_text("")
    drawn(results, results / "trend.html")
    html = (results / "trend.html").read_text(encoding="utf-8")
    assert 'href="./javascript%3Aa%3Fb%23c%20d/report.html"' in html


def test_a_page_that_cannot_be_written_is_an_error(results: Path) -> None:
    """It says which."""
    with pytest.raises(FieldError, match="cannot be written: No such file"):
        drawn(results, results / "absent" / "trend.html")
