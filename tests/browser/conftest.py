"""A real headless Chromium, and pages opened in it that tell of every error and every request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, sync_playwright

from stackduel.model.run import Run
from stackduel.report.html.page import render
from tests.browser.chromium import installed, started
from tests.conftest import unavailable

LOCAL = ("file:", "data:", "blob:")


@dataclass
class Opened:
    """A page in the browser, with the errors that its scripts made and its requests beyond its own file."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen from the beginning."""
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._requested)

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(LOCAL):
            self.requests.append(request.url)


Opener = Callable[..., Opened]


# Not for the whole session: while Playwright is there, its event loop runs in this thread, and no other test's can.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    path = installed()
    if path is None:
        unavailable("browser", "no Chromium is installed")
    with sync_playwright() as playwright:
        try:
            browser = started(playwright, path)
        except Error as error:
            unavailable("browser", f"Chromium does not start: {error}")
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens the report of a run, or a page's text, from a file: ``open_page(run, width=390, scheme="dark")``."""
    contexts: list[BrowserContext] = []

    def opened(shown: Run | str, *, width: int = 1200, scheme: str = "light", **more: object) -> Opened:
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_bytes((shown if isinstance(shown, str) else render(shown)).encode())
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **more)  # type: ignore[arg-type]
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.goto(file.as_uri())
        return found

    yield opened
    for context in contexts:
        context.close()
