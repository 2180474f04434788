"""report.html in a real browser: drawn, quiet, usable without a mouse, and on any screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page

from stackduel.model.run import Run
from tests.browser.conftest import Opener
from tests.browser.looks import (
    charts_of,
    colour,
    colour_of,
    column,
    covered,
    dialogs,
    go_by_keyboard,
    marks,
    open_all,
    toggle,
    violations,
)
from tests.stackduel.report.html.runs import SEARCHES, compared, renamed

pytestmark = pytest.mark.browser

RUNS: dict[str, Run] = {"compared": compared(), **SEARCHES}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", [390, 1200])
def test_every_chart_is_drawn_without_an_error_or_a_request(name: str, width: int, open_page: Opener) -> None:
    """Each chart has marks, the console is silent, and nothing is asked of any network."""
    opened = open_page(RUNS[name], width=width)
    count = charts_of(opened.page)
    assert count >= 1
    for number in range(count):
        assert marks(opened.page, number) >= 1, opened.page.locator("figcaption").nth(number).text_content()
    assert opened.errors == []
    assert opened.requests == []


@pytest.mark.parametrize("name", RUNS)
def test_a_phone_scrolls_down_only(name: str, open_page: Opener) -> None:
    """At 390 pixels nothing sticks out of the page, whether its tables are open or not."""
    page = open_page(RUNS[name], width=390).page
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        open_all(page)


def test_long_names_leave_the_page_its_width(open_page: Opener) -> None:
    """A stack of 64 letters neither widens a phone's page nor pushes the marks out of a chart."""
    opened = open_page(renamed(compared(), {"fast": "f" * 64}), width=390)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert marks(opened.page) >= 1


def test_names_and_figures_of_a_chart_do_not_cover_each_other(open_page: Opener) -> None:
    """No two texts of any chart overlap, on a wide screen and on a narrow one."""
    for width in (1200, 390):
        assert covered(open_page(compared(), width=width).page) == [], f"at {width}"


def test_a_hidden_stack_is_hidden_everywhere(open_page: Opener) -> None:
    """Unchecking a stack takes its marks out of every chart and its rows and columns out of every table, and back."""
    opened = open_page(compared())
    page = opened.page
    before = marks(page)
    open_all(page)
    page.locator("figure table th[data-stack=fast]").first.wait_for()
    rows = page.locator("tr[data-stack=fast]:not([hidden])").count()
    columns = page.locator("th[data-stack=fast]:not([hidden])").count()
    assert rows >= 4
    assert columns >= 2
    toggle(page, "fast")
    assert marks(page) < before
    assert page.locator("[data-stack=fast]:not([hidden])").count() == 0
    assert "fast" not in page.locator(".plot").all_inner_texts()
    assert page.locator("#said").text_content() == "fast is hidden"
    toggle(page, "fast")
    assert marks(page) == before
    assert page.locator("tr[data-stack=fast]:not([hidden])").count() == rows
    assert opened.errors == []


def test_a_table_opened_later_leaves_out_what_is_hidden(open_page: Opener) -> None:
    """A chart's table is made when a reader opens it, with its caption, its figures, and no row of a hidden stack."""
    opened = open_page(compared())
    page = opened.page
    assert page.locator("figure table").count() == 0
    toggle(page, "fast")
    page.locator("figure summary").first.click()
    table = page.locator("figure table").first
    assert table.locator("caption").text_content() == "Speedups"
    assert table.locator("tr[data-stack=tuned]").first.is_visible()
    assert not table.locator("tr[data-stack=fast]").first.is_visible()
    page.locator("figure summary").first.click()
    page.locator("figure summary").first.click()
    assert page.locator("figure").first.locator("table").count() == 1
    assert opened.errors == []


def test_a_stack_has_one_colour_and_one_mark_everywhere(open_page: Opener) -> None:
    """In charts of speedups, bars and lines, in the legend and in the tables."""
    page = open_page(compared()).page
    legend = page.locator(".stacks [data-stack-swatch=tuned] path").last
    own, shape = colour_of(legend, "fill"), str(legend.get_attribute("d"))
    table = page.locator("table [data-stack-swatch=tuned] path").first
    assert (colour_of(table, "fill"), table.get_attribute("d")) == (own, shape)
    assert (
        colour_of(page.locator("[data-chart='0'] .mark-dot circle, [data-chart='0'] .mark-dot path").first, "fill")
        == own
    )
    bars = page.locator("figure", has_text="Server CPU per request").first.locator(".mark-bar rect").nth(1)
    assert colour_of(bars, "fill") == own
    names = page.locator("figure", has_text="Latency by percentile").first.locator("svg text", has_text="tuned")
    assert colour_of(names.first, "fill") == own


def test_a_noisy_interval_looks_noisy(open_page: Opener) -> None:
    """Its mark is hollow and its line is dashed; the others are not, and the words below say which is which."""
    made = compared()
    noisy = tuple(replace(each, noisy=each.candidate == "fast") for each in made.comparisons)
    page = open_page(replace(made, comparisons=noisy)).page
    chart = page.locator("figure").first
    dashed = chart.locator(".mark-rule [stroke-dasharray='3 3'], .mark-rule[stroke-dasharray='3 3']")
    assert dashed.count() == 2
    assert "Hollow and dashed" in str(chart.locator(".reading").text_content())
    quiet = replace(made, comparisons=tuple(replace(each, noisy=False) for each in made.comparisons))
    assert "Hollow and dashed" not in str(open_page(quiet).page.locator("figure .reading").first.text_content())


def test_the_first_screen_has_the_answer_with_its_figures(open_page: Opener) -> None:
    """On a screen of 1280 by 800: the advice, and for each stack its rate, its p99 and its speedup."""
    page = open_page(compared(), width=1280).page
    table = page.locator("table", has=page.locator("caption", has_text="Results")).first
    box = table.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800
    headings = table.locator("thead th").all_text_contents()
    assert {"req/s", "p99 ms", "speedup", "verdict"} <= set(headings)


def test_without_any_stack_a_chart_says_so(open_page: Opener) -> None:
    """All stacks hidden leaves a sentence, not an error."""
    made = compared()
    opened = open_page(made)
    for stack in made.stacks:
        toggle(opened.page, stack)
    assert "Every stack of this chart is hidden." in str(opened.page.locator("[data-chart='0']").text_content())
    assert opened.errors == []


def test_a_table_sorts_by_figures_and_by_words(open_page: Opener) -> None:
    """A heading sorts by value, not by letter, and the other way round when pressed again; it says which."""
    page = open_page(compared()).page
    table = page.locator("table", has=page.locator("caption", has_text="All stacks in waiting"))
    heading = table.locator("th", has_text="req/s")
    place = table.locator("thead th").all_text_contents().index("req/s")
    heading.get_by_role("button").click()
    rates = [float(each) for each in column(page, "All stacks in waiting", place)]
    assert rates == sorted(rates)
    assert len(set(rates)) > 2
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").click()
    assert [float(each) for each in column(page, "All stacks in waiting", place)] == sorted(rates, reverse=True)
    assert heading.get_attribute("aria-sort") == "descending"
    table.locator("th", has_text="stack").first.get_by_role("button").click()
    names = column(page, "All stacks in waiting", 0)
    assert names == sorted(names)
    assert heading.get_attribute("aria-sort") is None


def test_hovering_tells_a_mark_s_figure(open_page: Opener) -> None:
    """The pointer over a mark shows its stack, its interval and its verdict."""
    page = open_page(compared()).page
    mark = page.locator("[data-chart='0'] .mark-dot path, [data-chart='0'] .mark-dot circle").first
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    tip = page.locator("[data-chart='0'] g[aria-label=tip]").first
    tip.locator("text").first.wait_for()
    assert "tuned" in str(tip.text_content())
    assert "faster" in str(tip.text_content())


def test_light_and_dark_follow_the_system_and_the_switch(open_page: Opener) -> None:
    """The page is dark where the system is, and the switch overrules it both ways, for the charts, too."""
    dark = open_page(compared(), scheme="dark").page
    ground, ink = colour(dark, "body", "background-color"), colour(dark, "body")
    assert sum(ground) < 150
    assert sum(ink) > 600
    mark = "[data-chart='1'] .mark-bar"
    blue = colour(dark, mark, "fill")
    dark.get_by_label("Theme").select_option("light")
    assert sum(colour(dark, "body", "background-color")) == 3 * 255
    assert colour(dark, mark, "fill") != blue
    light = open_page(compared()).page
    assert sum(colour(light, "body", "background-color")) == 3 * 255
    light.get_by_label("Theme").select_option("dark")
    assert colour(light, "body", "background-color") == ground


def test_paper_is_white_without_switches_and_shows_the_charts(open_page: Opener) -> None:
    """Printed from a dark page the ground is white, and what only a screen can use is gone."""
    page = open_page(compared(), scheme="dark").page
    page.get_by_label("Theme").select_option("dark")
    page.emulate_media(media="print")
    assert sum(colour(page, "body", "background-color")) == 3 * 255
    assert not page.locator("#stacks-shown").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator("[data-chart='0'] svg").first.is_visible()
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def focused(page: Page) -> dict[str, Any]:
    """Return the element with the keyboard: its place in the page's order, whether it is seen, and what it is."""
    return dict(
        page.evaluate(
            """() => {
                const each = document.activeElement, box = each.getBoundingClientRect();
                return {
                    tag: each.tagName, text: each.textContent, value: each.value,
                    order: [...document.querySelectorAll('*')].indexOf(each),
                    seen: box.width > 0 && box.height > 0 && getComputedStyle(each).outlineStyle !== 'none',
                };
            }"""
        )
    )


def test_the_keyboard_goes_through_the_page_in_its_order(open_page: Opener) -> None:
    """Tab leads from the skip link to the last control in the order of reading, always with an outline."""
    page = open_page(compared()).page
    orders: list[int] = []
    tags = []
    for _ in range(400):
        page.keyboard.press("Tab")
        found = focused(page)
        if found["tag"] == "BODY" or (orders and found["order"] == orders[0]):
            break
        assert found["seen"], found
        orders.append(found["order"])
        tags.append(found["tag"])
    assert orders == sorted(set(orders))
    assert tags[0] == "A"
    assert {"SELECT", "INPUT", "BUTTON", "SUMMARY"} <= set(tags)


def test_the_keyboard_can_do_what_the_mouse_can(open_page: Opener) -> None:
    """Space hides a stack, Enter opens a table and sorts it."""
    go_by_keyboard(open_page(compared()).page, "fast")


def test_a_stack_named_as_a_script_is_a_name(open_page: Opener) -> None:
    """Markup in a name runs nowhere: not in the page, not in a chart, not in a tooltip, not after a toggle."""
    opened = open_page(renamed(compared(), {"fast": HOSTILE}))
    page = opened.page
    said = dialogs(page)
    page.get_by_label(HOSTILE, exact=True).click()
    page.get_by_label(HOSTILE, exact=True).click()
    page.locator("[data-chart='0'] .mark-dot circle").first.hover(force=True)
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 5
    assert said == []
    assert opened.errors == []
    assert opened.requests == []


def test_the_page_can_send_nothing_even_if_told_to(open_page: Opener) -> None:
    """The policy stops a script that would fetch, and one that would be added."""
    page = open_page(compared()).page
    refused = page.evaluate("fetch('https://example.org/').then(() => false, () => true)")
    added = page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
            return window.ran === true;
        }"""
    )
    assert refused
    assert not added


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("compared", 1200, "dark"), ("compared", 390, "light"), *((name, 1200, "light") for name in RUNS)],
)
def test_axe_finds_nothing_serious(name: str, width: int, scheme: str, open_page: Opener) -> None:
    """No serious or critical violation of the accessibility rules, with every table open."""
    page = open_page(RUNS[name], width=width, scheme=scheme).page
    assert violations(page) == []


def test_without_javascript_the_tables_are_there(open_page: Opener) -> None:
    """Where no script runs, the page says so, and the tables of results and of each scenario hold the figures."""
    page = open_page(compared(), java_script_enabled=False).page
    assert page.locator("noscript").is_visible()
    for caption in ("Results", "All stacks in waiting", "All stacks in calling"):
        table = page.locator("table", has=page.locator("caption", has_text=caption))
        assert table.locator("td", has_text="faster").first.is_visible()
    assert page.locator("[data-table]:visible").count() == 0
    assert not page.locator("#stacks-shown").is_visible()


def test_nothing_moves_for_who_wants_no_motion(open_page: Opener) -> None:
    """Jumps to a section do not glide where the system asks for no motion."""
    page = open_page(compared(), reduced_motion="reduce").page
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    moving = open_page(compared()).page
    assert moving.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "smooth"


def test_a_tornado_has_a_bar_a_switch_to_the_side_of_its_change(open_page: Opener) -> None:
    """The strongest switch is at the top, bars go right for more and left for less, pale where nothing is shown."""
    page = open_page(SEARCHES["ablation"], width=1200).page
    figure = page.locator("[data-chart='1']")
    names = figure.locator(".name text").all_text_contents()
    assert names[:4] == ["uvloop", "orjson", "access-log", "backlog"]
    bars = figure.locator("svg").first.locator(".mark-bar rect")
    zero = bars.nth(0).bounding_box()
    assert zero is not None
    left, right = bars.nth(2).bounding_box(), bars.nth(1).bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] == pytest.approx(zero["x"], abs=1.5)
    assert right["x"] == pytest.approx(zero["x"], abs=1.5)
    opacities = [bar.evaluate("bar => getComputedStyle(bar.closest('.mark-bar')).fillOpacity") for bar in bars.all()]
    assert float(opacities[0]) > 0.5 > float(opacities[3])
    assert page.locator("#stacks-shown").count() == 0 or not page.locator("#stacks-shown").is_visible()
