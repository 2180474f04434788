"""A page read back from its HTML: an outline, its scripts and whatever it would fetch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img"}
SHOWN = {"h1", "h2", "h3", "figcaption", "caption", "summary", "legend", "tr", "p", "li", "pre"}


@dataclass
class Script:
    """A script element: its type, its id and its text."""

    kind: str
    name: str
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A parsed page; ``texts`` are (element, text) of all that is read out as text, in their order."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    handlers: list[str] = field(default_factory=list)
    policy: str = ""
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with nothing open."""
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if tag in SHOWN:
            self.texts.append((tag, ""))
        self.addresses += [about[name] for name in ("src", "href", "action", "srcset", "data") if name in about]
        self.handlers += [name for name in about if name.startswith("on")]
        self.ids += [about["id"]] if "id" in about else []
        if tag in {"th", "td"}:
            self.handle_data(" | ")
        if tag == "script":
            self.scripts.append(Script(about.get("type", ""), about.get("id", "")))
        if about.get("http-equiv") == "Content-Security-Policy":
            self.policy = about["content"]

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "script":
            self.scripts[-1].text += data
        elif self.texts and any(tag in SHOWN for tag in self._open):
            tag, text = self.texts[-1]
            self.texts[-1] = tag, text + data


def read(html: str) -> Page:
    """The page of a text; fails on elements that are not closed in their order."""
    page = Page()
    page.feed(html)
    page.close()
    return page


def outline(page: Page) -> str:
    """The page's headings, charts with the tables that they open, other tables and sentences, a line each."""
    opened = iter(chart_tables(page))
    lines = []
    for tag, text in page.texts:
        if text.strip():
            lines.append(f"{tag}: {' '.join(text.split()).removeprefix('| ')}\n")
        if tag == "summary" and text.startswith("As a table"):
            lines += next(opened, [])
    return "".join(lines)


def chart_tables(page: Page) -> list[list[str]]:
    """The lines of the table of each chart, which a script makes from the page's data."""
    data = [json.loads(each.text) for each in page.scripts if each.name == "page-data"]
    return [
        [
            f"caption: {chart['table']['caption']}\n",
            *(f"tr: {' | '.join(cells)}\n" for cells in (chart["table"]["headings"], *chart["table"]["rows"])),
        ]
        for each in data
        for chart in each["charts"]
        if "table" in chart
    ]
