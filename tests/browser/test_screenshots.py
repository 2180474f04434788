"""The pictures of the docs come from the stored run, by one command."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.screenshots import IMAGES, MOST_BYTES, ROOT, SHOTS, stored, take

pytestmark = pytest.mark.browser


def test_the_pictures_can_be_made_again(chromium: Browser, tmp_path: Path) -> None:
    """Every picture is made, none is blank, and each is small enough to ship."""
    sizes = take(chromium, tmp_path)
    assert set(sizes) == set(SHOTS)
    assert all(5_000 < size < MOST_BYTES for size in sizes.values()), sizes


def test_the_docs_show_every_picture_and_no_other() -> None:
    """The pictures in docs/images are what the command makes, and the page shows all of it."""
    assert {path.name for path in IMAGES.glob("*.png")} == set(SHOTS)
    text = (ROOT / "docs" / "reading-a-report.md").read_text(encoding="utf-8")
    assert all(f"](images/{name})" in text for name in SHOTS)
    assert all(path.stat().st_size < MOST_BYTES for path in IMAGES.glob("*.png"))


def test_the_stored_run_is_a_whole_one() -> None:
    """The docs show a real run that came to its end, on the suite that a newcomer runs first."""
    run = stored()
    assert (run.status, run.suite.name) == ("complete", "quick")
    assert len(run.done()) == run.planned
