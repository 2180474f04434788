"""The profile in a real browser: its tables in the report, the link to the flamegraph, and the flamegraph itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.profile_samples import Calls, Frame
from stackduel.report import files
from stackduel.report.flamegraph import svg
from tests.browser.conftest import Opener
from tests.stackduel.profile_runs import HOSTILE, profile_run

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1200])
def test_the_report_shows_the_tables_and_the_link(width: int, open_page: Opener) -> None:
    """Layers, functions and the price of sampling are on the page; what a function is called does nothing."""
    opened = open_page(profile_run(), width=width)
    text = opened.page.locator("main").inner_text()
    for part in ("Where the time goes", "planted_hot_function", "application", "Beside the profiler", HOSTILE):
        assert part in text
    link = opened.page.locator('a[href="profile/mine-home.svg"]')
    assert link.count() == 1
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.errors == []
    assert opened.requests == []


def test_the_link_leads_to_the_flamegraph_which_zooms(tmp_path: Path, open_page: Opener) -> None:
    """Beside the report lies the picture; a click widens a box, one on the title brings all back."""
    run = profile_run()
    report = files.write(run, tmp_path)
    (tmp_path / "profile").mkdir()
    calls: dict[Calls, float] = {
        (Frame("run", "/a/app.py", 1), Frame("left", "/a/app.py", 2)): 5.0,
        (Frame("run", "/a/app.py", 1), Frame(HOSTILE, "/a/app.py", 3)): 5.0,
    }
    (tmp_path / "profile" / "mine-home.svg").write_text(svg.render(calls, "a <title>", "samples"))
    opened = open_page("<p>nothing</p>")
    opened.page.goto(report.as_uri())
    opened.page.locator('a[href="profile/mine-home.svg"]').click()
    opened.page.wait_for_url("**/mine-home.svg")
    left = opened.page.locator("#boxes g", has_text="left").locator("rect")
    before = float(left.get_attribute("width") or 0)
    left.click()
    assert float(left.get_attribute("width") or 0) > 1.9 * before
    opened.page.locator("text.title").click()
    assert float(left.get_attribute("width") or 0) == pytest.approx(before, abs=1)
    assert opened.errors == []
    assert opened.requests == []
