"""The live page in a real browser: it follows a run, survives a reload and a closed tab, and ends with the report."""

from __future__ import annotations

import io
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from rich.console import Console

from stackduel.model.plan_step import PlanStep
from stackduel.model.run import Run
from stackduel.model.trial import Place, Trial
from stackduel.planning.estimates import Pace
from stackduel.process.cores import usable_cores
from stackduel.report.files import write
from stackduel.report.live.narrator import LiveNarrator
from tests.browser.conftest import Opened
from tests.stackduel.makers import WAITING
from tests.stackduel.report.html.runs import compared, renamed

pytestmark = pytest.mark.browser

WITHIN_MS = 20_000
HOSTILE = "<script>alert(1)</script>"


class Following:
    """A run that is narrated step by step, with its page."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run = run
        self.said = io.StringIO()
        paces = dict.fromkeys(run.stacks, Pace(launch_s=1.0))
        console = Console(file=self.said, width=200)
        self.narrator = LiveNarrator(
            console,
            {"slow": 100.0},
            paces,
            run=replace(run, results=()),
            report=folder / "report.html",
            cores=usable_cores(),
        )

    @property
    def url(self) -> str:
        """The address as the terminal tells it."""
        (line,) = (line for line in self.said.getvalue().splitlines() if line.startswith("Live: "))
        return line.removeprefix("Live: ")

    def measure(self, trial: Trial) -> None:
        """One trial from its launch to its end."""
        place = trial.place
        self.narrator.launching(PlanStep(place.block, place.stack, (WAITING,)))
        self.narrator.measuring(place, WAITING)
        for n in range(1, 5):
            self.narrator.progress(20 * n, 0.5 * n, 12.5)
        self.narrator.finished(trial)

    def trials(self) -> list[Trial]:
        """Those of the first scenario."""
        return [each for each in self.run.results if isinstance(each, Trial) and each.place.scenario == "waiting"]


@pytest.fixture
def following(tmp_path: Path) -> Iterator[Following]:
    """A run whose report is written when it ends."""
    found = Following(compared(), tmp_path)
    with found.narrator:
        yield found
        write(found.run, tmp_path)


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Callable[[str], Opened]]:
    """Opens an address in a tab of its own."""
    context = chromium.new_context(viewport={"width": 390, "height": 900})

    def tab(url: str) -> Opened:
        found = Opened(context.new_page())
        found.page.goto(url)
        return found

    yield tab
    context.close()


def shown(page: Page, text: str) -> None:
    expect(page.locator("main")).to_contain_text(text, timeout=WITHIN_MS)


def test_the_page_follows_the_run(following: Following, opened: Callable[[str], Opened]) -> None:
    """The trial being measured, figures and void trials appear as they come, with charts, without an error."""
    found = opened(following.url)
    page = found.page
    shown(page, "No trial has been measured yet.")
    following.narrator.measuring(Place("fast", "waiting", 3), WAITING)
    shown(page, "Block 3: measuring fast, waiting, attempt 1")
    for n in range(1, 5):
        following.narrator.progress(20 * n, 0.5 * n, 10.0 + n)
    for chart in ("throughput", "latency"):
        expect(page.locator(f"#{chart} .mark-line path")).to_have_count(1, timeout=WITHIN_MS)
    for trial in following.trials():
        following.measure(trial)
    shown(page, "The busiest shard used 90.0 % of its core")
    shown(page, "fast 98.0 req/s")
    assert page.locator("#charts .mark-dot path, #charts .mark-dot circle").count() >= 20
    assert 0 < float(page.locator("progress").evaluate("each => each.value")) <= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert found.errors == []
    assert {request.split("/")[2] for request in found.requests} == {following.url.split("/")[2]}


def test_a_reload_and_a_second_tab_have_everything(following: Following, opened: Callable[[str], Opened]) -> None:
    """Earlier figures are there again after a reload, and in a tab that is opened late."""
    page = opened(following.url).page
    following.measure(following.trials()[0])
    shown(page, "slow 20.0 req/s")
    page.reload()
    shown(page, "slow 20.0 req/s")
    shown(opened(following.url).page, "slow 20.0 req/s")


def test_a_closed_tab_is_no_matter_to_the_run(following: Following, opened: Callable[[str], Opened]) -> None:
    """The run goes on, and the next tab sees what was measured meanwhile."""
    opened(following.url).page.close()
    for trial in following.trials()[:3]:
        following.measure(trial)
    shown(opened(following.url).page, "tuned 95.0 req/s")


def test_the_page_ends_with_the_report(tmp_path: Path, opened: Callable[[str], Opened]) -> None:
    """When the run ends, every open tab becomes the report, which stays when the server is gone."""
    following = Following(compared(), tmp_path)
    with following.narrator:
        pages = [opened(following.url).page for _ in range(2)]
        for page in pages:
            shown(page, "No trial has been measured yet.")
        write(following.run, tmp_path)
        # The narrator ends in a thread of its own, as this one has to drive the browser meanwhile.
        ending = threading.Thread(target=following.narrator.__exit__, args=(None, None, None))
        ending.start()
        for page in pages:
            expect(page.locator("h1")).to_contain_text("Stay on Flask", timeout=WITHIN_MS)
            expect(page.locator("[data-chart='0'] .mark-dot path").first).to_be_attached(timeout=WITHIN_MS)
        ending.join()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(following.url, timeout=5)
    assert pages[0].locator("h1").is_visible()


def test_a_run_that_is_gone_is_told(following: Following, opened: Callable[[str], Opened]) -> None:
    """A server that answers no more is said to be gone, with where the report is."""
    page = opened(following.url).page
    shown(page, "No trial has been measured yet.")
    assert not page.locator("#lost").is_visible()
    following.narrator._server.__exit__(None, None, None)
    expect(page.locator("#lost")).to_be_visible(timeout=WITHIN_MS)


def test_names_are_text_on_the_live_page_too(tmp_path: Path, opened: Callable[[str], Opened]) -> None:
    """A stack named like a script is shown, not run."""
    following = Following(renamed(compared(), {"fast": HOSTILE}), tmp_path)
    with following.narrator:
        found = opened(following.url)
        for trial in following.trials():
            following.measure(trial)
        shown(found.page, f"{HOSTILE} 98.0 req/s")
        assert found.page.locator("script").count() == 4
        assert found.errors == []
        found.page.close()


def test_axe_finds_nothing_serious_on_the_live_page(following: Following, opened: Callable[[str], Opened]) -> None:
    """No serious or critical violation while figures come in."""
    page = opened(following.url).page
    for trial in following.trials():
        following.measure(trial)
    shown(page, "fast 98.0 req/s")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []


def test_only_this_machine_is_served(following: Following) -> None:
    """A name of another host, and a path that is none, are refused; there is no report before the end."""
    for path, headers, status in (("", {"Host": "evil.example"}, 403), ("x", {}, 404), ("report.html", {}, 404)):
        request = urllib.request.Request(following.url + path, headers=headers)
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request, timeout=10)
        assert raised.value.code == status
        raised.value.close()
