"""The trend's page in a real browser: drawn, quiet, usable without a mouse, and on any screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from stackduel.analysis.history.trend import Trend, trend
from stackduel.report.html.trend_page import render
from tests.browser.conftest import Opener
from tests.browser.looks import (
    charts_of,
    colour,
    column,
    covered,
    dialogs,
    go_by_keyboard,
    marks,
    open_all,
    toggle,
    violations,
)
from tests.stackduel.report.html.trends import entry, named, went

pytestmark = pytest.mark.browser

LATEST = "20260110-030000-nightly-000a"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TRENDS: dict[str, Trend] = {
    "many": went(),
    "one": trend([entry(1)]),
    "two": trend([entry(1), entry(2, python="3.12")]),
    "month": trend([entry(day, python=f"3.{day}") for day in range(1, 29)]),
}


def page_of(made: Trend) -> str:
    return render(made, {LATEST: "./beside/report.html"})


@pytest.mark.parametrize("name", TRENDS)
@pytest.mark.parametrize("width", [390, 1200])
def test_every_chart_is_drawn_without_an_error_or_a_request(name: str, width: int, open_page: Opener) -> None:
    """Each chart has marks whose texts stand apart, nothing sticks out, the console is silent, nothing is fetched."""
    opened = open_page(page_of(TRENDS[name]), width=width)
    page = opened.page
    assert charts_of(page) == 4
    for number in range(4):
        assert marks(page, number) >= 2, page.locator("figcaption").nth(number).text_content()
    assert covered(page) == []
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        open_all(page)
    assert opened.errors == []
    assert opened.requests == []


def test_a_line_is_drawn_across_at_every_change(open_page: Opener) -> None:
    """Two changes, two numbered lines in each chart; the pointer on one tells what changed."""
    page = open_page(page_of(went())).page
    assert page.locator(".events path").count() == 2 * 4
    assert page.locator("[data-chart='0'] .events text").all_text_contents() == ["1", "2"]
    page.locator("[data-chart='0'] .events text").first.hover(force=True)
    tip = page.locator("[data-chart='0'] g[aria-label=tip]").first
    tip.locator("text").first.wait_for()
    assert "Python: 3.11 -> 3.12" in str(tip.text_content())


def test_a_line_is_broken_and_a_mark_stands_alone(open_page: Opener) -> None:
    """A stack that a run lacked has as many pieces of line as there are stretches."""
    page = open_page(page_of(went())).page
    strokes = page.locator("[data-chart='0'] .series path, [data-chart='0'] path.series").all()
    pieces = sorted(str(each.get_attribute("d")).count("M") for each in strokes)
    assert pieces == [2, 3]


def test_hovering_tells_a_mark_s_figure_and_its_run(open_page: Opener) -> None:
    """The pointer over a mark shows its stack, its interval, its verdict and its run."""
    page = open_page(page_of(went())).page
    mark = page.locator("[data-chart='0'] .mark-dot path, [data-chart='0'] .mark-dot circle").first
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    tip = page.locator("[data-chart='0'] g[aria-label=tip]").first
    tip.locator("text").first.wait_for()
    said = str(tip.text_content())
    assert "8.00x (7.20-8.80), faster" in said
    assert "20260101-030000-nightly-0001" in said


def test_a_hidden_stack_is_hidden_everywhere(open_page: Opener) -> None:
    """Unchecking a stack takes its marks and rows away, and back; without any, a chart says so."""
    opened = open_page(page_of(went()))
    page = opened.page
    before, rows = marks(page), page.locator("tr[data-stack=fastapi-uvicorn]:not([hidden])").count()
    assert rows == 4 * 6
    toggle(page, "fastapi-uvicorn")
    assert marks(page) < before
    assert page.locator("tr[data-stack=fastapi-uvicorn]:not([hidden])").count() == 0
    toggle(page, "flask-gevent")
    assert "Every stack of this chart is hidden." in str(page.locator("[data-chart='0']").text_content())
    assert marks(page, 1) >= 6
    toggle(page, "fastapi-uvicorn")
    toggle(page, "flask-gevent")
    assert marks(page) == before
    assert opened.errors == []


def test_a_table_sorts_by_figures_and_by_words(open_page: Opener) -> None:
    """By value and by name, in both directions."""
    page = open_page(page_of(went())).page
    open_all(page)
    table = page.locator("table", has=page.locator("caption", has_text="Requests per second: waiting"))
    heading = table.locator("th", has_text="req/s")
    heading.get_by_role("button").click()
    rates = [float(each) for each in column(page, "Requests per second: waiting", 4)]
    assert rates == sorted(rates)
    heading.get_by_role("button").click()
    assert [float(each) for each in column(page, "Requests per second: waiting", 4)] == sorted(rates, reverse=True)
    table.locator("th", has_text="run").first.get_by_role("button").click()
    runs = column(page, "Requests per second: waiting", 0)
    assert runs == sorted(runs)


def test_a_run_s_name_leads_to_the_report_beside_the_page(open_page: Opener, tmp_path: Path) -> None:
    """A click opens it, from the file as it lies."""
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "report.html").write_text("<!DOCTYPE html><title>the report</title>")
    page = open_page(page_of(went())).page
    page.get_by_role("link", name=LATEST).last.click()
    page.wait_for_load_state()
    assert page.title() == "the report"


def test_light_dark_and_paper(open_page: Opener) -> None:
    """Dark where the system is, overruled by the switch; printed, white without switches and with its charts."""
    page = open_page(page_of(went()), scheme="dark").page
    assert sum(colour(page, "body", "background-color")) < 150
    page.get_by_label("Theme").select_option("light")
    assert sum(colour(page, "body", "background-color")) == 3 * 255
    page.get_by_label("Theme").select_option("dark")
    page.emulate_media(media="print")
    assert sum(colour(page, "body", "background-color")) == 3 * 255
    assert not page.locator("#stacks-shown").is_visible()
    assert page.locator("[data-chart='0'] svg").first.is_visible()


def test_the_keyboard_can_do_what_the_mouse_can(open_page: Opener) -> None:
    """Space hides a stack, Enter opens a table and sorts it."""
    go_by_keyboard(open_page(page_of(went())).page, "flask-gevent")


def test_a_stack_named_as_a_script_is_a_name(open_page: Opener) -> None:
    """Markup in a name runs nowhere: not in the page, not in a chart, not in a tooltip, not after a toggle."""
    opened = open_page(page_of(named(went(), {"fastapi-uvicorn": HOSTILE})), width=390)
    page: Page = opened.page
    said = dialogs(page)
    toggle(page, HOSTILE)
    toggle(page, HOSTILE)
    page.locator("[data-chart='0'] .mark-dot path").last.hover(force=True)
    page.locator("[data-chart='0'] g[aria-label=tip] text").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 5
    assert (said, opened.errors, opened.requests) == ([], [], [])


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")])
def test_axe_finds_nothing_serious(width: int, scheme: str, open_page: Opener) -> None:
    """No serious or critical violation of the accessibility rules, with every table open."""
    assert violations(open_page(page_of(went()), width=width, scheme=scheme).page) == []


def test_without_javascript_the_tables_are_there(open_page: Opener) -> None:
    """Where no script runs, the page says so, and its tables hold the figures."""
    page = open_page(page_of(went()), java_script_enabled=False).page
    assert page.locator("noscript").is_visible()
    page.locator("summary").first.click()
    assert page.locator("details").first.locator("td").first.is_visible()
