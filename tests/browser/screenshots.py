"""The pictures of docs/reading-a-report.md, made from the stored run: ``python -m tests.browser.screenshots``."""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from stackduel.model.run import Run
from stackduel.report.html.page import render
from stackduel.storage.run_document import run_from_dict
from tests.browser.chromium import installed, started

ROOT = Path(__file__).parents[2]
STORED = ROOT / "docs" / "examples" / "quick.run.json.gz"
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 300_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: how wide the window is, in which scheme, and what of the page is shown."""

    take: Callable[[Page], bytes]
    width: int = 1000
    scheme: str = "light"
    scale: float = 1.5


def top(height: int) -> Callable[[Page], bytes]:
    """The beginning of the page."""
    return lambda page: page.screenshot(
        clip={"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height} if page.viewport_size else None,
        full_page=True,
    )


def figure(title: str) -> Callable[[Page], bytes]:
    """The latest chart of a title."""
    return lambda page: page.locator("figure", has_text=title).last.screenshot()


SHOTS: Mapping[str, Shot] = {
    "report.png": Shot(top(800), width=1280, scale=1.2),
    "report-dark.png": Shot(top(800), width=1280, scheme="dark", scale=1.2),
    "report-phone.png": Shot(top(1500), width=390),
    "report-why.png": Shot(figure("Measured against the lowest ceiling")),
    "report-blocks.png": Shot(figure("block by block")),
    "report-percentiles.png": Shot(figure("Latency by percentile")),
    "report-crossover.png": Shot(figure("Predicted speedup of")),
}


def stored() -> Run:
    """The run that the docs show."""
    return run_from_dict(json.loads(gzip.decompress(STORED.read_bytes())))


def take(browser: Browser, folder: Path) -> dict[str, int]:
    """Make every picture; returns their sizes in bytes."""
    sizes = {}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "report.html"
        file.write_bytes(render(stored()).encode())
        for name, shot in SHOTS.items():
            context = browser.new_context(
                viewport={"width": shot.width, "height": 900},
                color_scheme=shot.scheme,  # type: ignore[arg-type]
                device_scale_factor=shot.scale,
            )
            page = context.new_page()
            page.goto(file.as_uri())
            # What stays in view while a reader scrolls would cover what is pictured.
            page.add_style_tag(content=".stacks { position: static !important }")
            sizes[name] = (folder / name).write_bytes(shot.take(page))
            context.close()
    return sizes


def main() -> int:
    """Make the pictures of the docs anew; 1 where one is too large to ship."""
    path = installed()
    if path is None:
        sys.stderr.write("no Chromium is installed\n")
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = started(playwright, path)
        sizes = take(browser, IMAGES)
        browser.close()
    for name, size in sizes.items():
        sys.stdout.write(f"{name}: {size / 1000:.0f} kB\n")
    return int(max(sizes.values()) > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
