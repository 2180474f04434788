"""How tests look at a page in the browser: its marks, colours and columns, what covers what, and what axe finds."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Dialog, Locator, Page

# What a chart of each form must at least have drawn.
MARKS = ".mark-dot path, .mark-dot circle, .mark-bar rect, .mark-line path"
_COVERED = """svg => {
    const boxes = [...svg.querySelectorAll('text')].filter(each => each.textContent.trim())
        .map(each => [each.textContent, each.getBoundingClientRect()]);
    return boxes.flatMap(([one, a], i) => boxes.slice(i + 1)
        .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1
            && a.top < b.bottom - 3 && b.top < a.bottom - 3)
        .map(([other]) => `${one} / ${other}`));
}"""


def marks(page: Page, chart: int = 0) -> int:
    """How many marks a chart shows."""
    return page.locator(f"[data-chart='{chart}']").locator(MARKS).count()


def charts_of(page: Page) -> int:
    """How many charts there are."""
    return page.locator(".plot").count()


def toggle(page: Page, stack: str) -> None:
    """Hide a stack, or show it again."""
    page.get_by_label(stack, exact=True).click()


def go_by_keyboard(page: Page, stack: str) -> None:
    """Space hides a stack, Enter opens the first table and sorts it; fails where it does not."""
    page.get_by_label(stack, exact=True).focus()
    before = marks(page)
    page.keyboard.press("Space")
    assert marks(page) < before
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None
    heading = page.locator("details").first.locator("th", has_text="speedup").first
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"


def dialogs(page: Page) -> list[str]:
    """Return what the page says in dialogs from now on; each is closed."""
    said: list[str] = []

    def heard(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", heard)
    return said


def colour(page: Page, selector: str, name: str = "color") -> tuple[int, ...]:
    """A computed colour as numbers."""
    text = page.eval_on_selector(selector, f"each => getComputedStyle(each).getPropertyValue('{name}')")
    return tuple(int(part) for part in text.partition("(")[2].rstrip(")").split(",")[:3])


def colour_of(element: Locator, name: str) -> str:
    """A computed colour of one element."""
    return str(element.evaluate(f"each => getComputedStyle(each).getPropertyValue('{name}')"))


def column(page: Page, caption: str, place: int) -> list[str]:
    """The texts of a table's column."""
    table = page.locator("table", has=page.locator("caption", has_text=caption)).first
    return [str(each.locator("th, td").nth(place).text_content()) for each in table.locator("tbody tr").all()]


def covered(page: Page) -> list[str]:
    """The texts of the charts that lie over each other."""
    return [pair for plot in page.locator(".plot svg").all() for pair in plot.evaluate(_COVERED)]


def open_all(page: Page) -> None:
    """Unfold every table."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """The serious and critical violations of the accessibility rules, with every table open."""
    open_all(page)
    page.wait_for_timeout(100)
    return [
        (each["id"], [node["html"][:200] for node in each["nodes"][:3]])
        for each in Axe().run(page).response["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
