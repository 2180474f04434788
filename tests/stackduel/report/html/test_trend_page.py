"""The trend as one HTML file: what it holds, where its lines break, and that nothing in it is obeyed or fetched."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackduel.analysis.history.trend import Trend, trend
from stackduel.report.html.trend_page import render
from stackduel.report.sections.figures import figure
from tests.golden import golden
from tests.stackduel.report.html.outline import outline, read
from tests.stackduel.report.html.trends import SPEEDS, entry, named, went

GOLDEN = Path(__file__).with_name("golden-trend.txt")
HOSTILE = "<script>alert(1)</script>"
FIRST, LATEST = "20260101-030000-nightly-0001", "20260110-030000-nightly-000a"


def charts(made: Trend) -> list[dict[str, Any]]:
    """Return what the page's scripts draw."""
    (data,) = (each for each in read(render(made, {})).scripts if each.name == "page-data")
    return list(json.loads(data.text)["charts"])


def series(chart: dict[str, Any], stack: str) -> list[list[float | None]]:
    (found,) = (each["points"] for each in chart["panels"][0]["series"] if each["stack"] == stack)
    return list(found)


def test_the_page_s_outline_is_the_golden_one() -> None:
    """The answer, a chart and a table for each scenario and figure, what changed, and the runs."""
    text = outline(read(render(went(), {LATEST: "./x/report.html"})))
    assert text == golden(GOLDEN, text)


def test_a_chart_a_scenario_and_figure() -> None:
    """Speedups, then the figure itself, over time."""
    found = charts(went())
    assert [each["title"] for each in found] == [
        "Speedup over flask-gunicorn",
        "Requests per second",
        "Speedup over flask-gunicorn",
        "Median time of a request",
    ]
    assert {each["x"]["type"] for each in found} == {"time"}


def test_a_line_is_broken_where_there_is_nothing_and_where_nothing_compares() -> None:
    """A run without the stack is a gap, never a zero; so is what lies before another launcher."""
    points = series(charts(went())[0], "flask-gevent")
    assert [y for _, y in points] == [8.0, None, 8.0, 8.0, None, 8.0, 8.0]
    assert points[4][0] == points[5][0]
    whole = series(charts(went())[0], "fastapi-uvicorn")
    assert [y for _, y in whole] == [9.0, 9.0, 9.0, 9.0, None, 9.0, 9.0]


def test_marks_have_intervals_where_there_are_any_and_the_baseline_no_speedup() -> None:
    """Speedups that were tested have bounds; figures and what was not tested have none."""
    speedups, rates, untested, _ = charts(went())
    dots = speedups["panels"][0]["dots"]
    assert {each["stack"] for each in dots} == SPEEDS.keys() - {"flask-gunicorn"}
    assert all(each["low"] < each["y"] < each["high"] for each in dots)
    assert dots[0]["text"] == f"flask-gevent: 8.00x (7.20-8.80), faster\n{FIRST}"
    assert all(each["low"] is None for chart in (rates, untested) for each in chart["panels"][0]["dots"])
    assert {each["stack"] for each in rates["panels"][0]["dots"]} == SPEEDS.keys()


def test_every_change_of_the_environment_is_marked_in_words() -> None:
    """Each chart has a numbered line there, with what changed; a baseline that changed is named."""
    made = went()
    for chart in charts(made):
        first, second = chart["panels"][0]["events"]
        assert (first["label"], second["label"]) == ("1", "2")
        assert "Python: 3.11 -> 3.12" in first["text"]
        assert "launcher: local -> docker" in second["text"]
        assert "Not comparable with earlier runs" in second["text"]
    moved = trend([entry(1), replace(entry(2), baseline="flask-gevent")])
    text = outline(read(render(moved, {})))
    assert "baseline: flask-gunicorn -> flask-gevent" in text
    assert "Speedup over the baseline" in text


def test_many_changes_at_once_are_listed_below_the_chart() -> None:
    """The pointer shows some of them and says where the others are."""
    facts = {f"libraries number-{n}": "1" for n in range(20)}
    made = trend([entry(1), replace(entry(2), facts=facts)])
    (event,) = charts(made)[0]["panels"][0]["events"]
    assert len(event["text"].splitlines()) == 8
    assert event["text"].endswith("more: see What changed")
    text = outline(read(render(made, {})))
    assert all(f"libraries number-{n}: unknown -> 1" in text for n in range(20))


def test_every_figure_of_a_chart_stands_in_its_table() -> None:
    """A reader who cannot see a chart reads the same figures."""
    text = outline(read(render(went(), {})))
    for chart in charts(went()):
        for dot in chart["panels"][0]["dots"]:
            stack, run = dot["stack"], dot["text"].partition("\n")[2]
            rows = [line for line in text.splitlines() if run in line and f"| {stack} |" in line]
            assert any(figure(dot["y"]) in row for row in rows), dot


def test_a_run_s_name_leads_to_its_report_where_it_has_one() -> None:
    """Addresses are those that were given; a run without one is a name."""
    page = read(render(went(), {LATEST: "./a%20b/report.html"}))
    outside = {each for each in page.addresses if not each.startswith(("#", "data:"))}
    assert outside == {"./a%20b/report.html"}
    assert "A run's name leads to its report" in outline(page)
    assert "A run's name leads to its report" not in outline(read(render(went(), {})))


def test_everything_in_a_run_is_shown_as_text() -> None:
    """Names and facts of markup make no element and no handler."""
    made = named(went(), {"fastapi-uvicorn": HOSTILE})
    moments = tuple(
        replace(each, run_id=HOSTILE, started=HOSTILE, suite=HOSTILE, changed=(HOSTILE,)) for each in made.moments
    )
    html = render(replace(made, moments=moments), {HOSTILE: f'"{HOSTILE}'})
    page = read(html)
    assert "alert(1)</script>" not in html.lower()
    assert len(page.scripts) == 5
    assert page.handlers == []


def test_a_long_history_fits_and_says_what_it_leaves_out() -> None:
    """Of a hundred runs of twenty stacks the newest are drawn, in less than 5 MB."""
    speeds = {"flask-gunicorn": 1.0, **{f"a-stack-with-a-long-name-{n}": 2.0 + n for n in range(20)}}
    days = [replace(entry(1 + n % 28, speeds=speeds), run_id=f"run-{n:03}") for n in range(100)]
    made = trend([replace(each, started=f"2026-{1 + n // 28:02}-{1 + n % 28:02}") for n, each in enumerate(days)])
    html = render(made, {})
    assert len(html.encode()) < 5_000_000
    text = outline(read(html))
    assert "5 older runs left out, for which a page has no room" in text
    assert "run-099" in text
    assert "run-004" not in text


def test_a_run_whose_beginning_cannot_be_read_is_in_the_tables_alone() -> None:
    """Without a moment it has no place on the axis, and the page says so."""
    made = trend([entry(1), replace(entry(2), started="yesterday")])
    assert {len(each["panels"][0]["dots"]) for each in charts(made)} == {2, 3}
    text = outline(read(render(made, {})))
    assert "Not in the charts, because their start time cannot be read: 20260102-030000-nightly-0002." in text


@pytest.mark.parametrize("days", [1, 2])
def test_few_runs_make_a_page(days: int) -> None:
    """One run has nothing to differ from; two of the same environment say so."""
    text = outline(read(render(trend([entry(day) for day in range(1, days + 1)]), {})))
    assert ("h2: What changed" in text) == (days > 1)
    assert ("All of them were measured in the same environment." in text) == (days > 1)
