"""The system's Chromium, as the tests and the screenshots start it."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# It asks nothing of any network by itself.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def installed() -> str | None:
    """The path of a Chromium; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def started(playwright: Playwright, path: str) -> Browser:
    """A headless browser; raises playwright's Error where it does not start."""
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))
