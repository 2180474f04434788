"""One HTML file that opens offline: the frame that the report of a run and the page of a trend share.

It brings its style, scripts and charting library along; everything else in it is text, and escaped. The table of a
chart is data, too, for a report: a script makes it when a reader opens it, so that the page is short for all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from stackduel.model.visible_text import visible_values
from stackduel.report.html import assets_files
from stackduel.report.sections.advice import Headline
from stackduel.report.sections.blocks import Block, Chart, Folded, Grid, Section, Sentences

# More sentences than these about one table are folded, if a few of them say the most.
MOST_OPEN = 4


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """The contents of a page, from the top down.

    ``title`` is the window's, ``headline`` stands beside our name; ``question`` below the answer, if there is one.
    ``stacks`` are those that can be hidden, each with its look; ``source`` is what the page was computed from.
    ``whole_tables`` says that the tables of charts are part of the text, where it has no others with their figures.
    """

    title: str
    headline: str
    answer: Headline
    question: str
    sections: Sequence[Section]
    stacks: Sequence[Mapping[str, Any]]
    source: str
    whole_tables: bool = False


def render(page: HtmlPage) -> str:
    """Return the text of an HTML file."""
    page = replace(page, sections=[replace(each, blocks=tuple(opened(each.blocks))) for each in page.sections])
    charts = [chart for section in page.sections for chart in _charts(section.blocks)]
    data = {"stacks": page.stacks, "charts": [_drawn(chart, page) for chart in charts]}
    scripts = assets_files.scripts()
    return assets_files.template("page.html.jinja").render(
        page=page,
        stack_names={each["name"] for each in page.stacks},
        style=Markup(assets_files.style()),  # noqa: S704 - the package's own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - the package's own files
        licences=assets_files.licences(),
        policy=assets_files.policy(scripts),
        data=embedded(data),
    )


def opened(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks. If there are many sentences, show the short list and hide the full list."""
    about = ""
    for block in blocks:
        if isinstance(block, Grid):
            about = f" on {block.caption}"
        brief = tuple(each for each in block.brief or () if each in block.items) if isinstance(block, Sentences) else ()
        if isinstance(block, Sentences) and brief and len(block.items) > MOST_OPEN:
            yield Sentences(brief)
            yield Folded(f"All {len(block.items)} sentences{about}", (Sentences(block.items),))
        else:
            yield block


def embedded(value: Mapping[str, Any]) -> Markup:
    """Return a value as JSON that is safe within a script element."""
    text = json.dumps(visible_values(value), allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing in it can end the element


def _charts(blocks: Iterable[Block]) -> Iterator[Chart]:
    """Yield the charts in the order in which the template numbers them."""
    for block in blocks:
        if isinstance(block, Chart):
            yield block
        elif isinstance(block, Folded):
            yield from _charts(block.blocks)


def _drawn(chart: Chart, page: HtmlPage) -> dict[str, Any]:
    table = {} if page.whole_tables else {"table": _table(chart.grid)}
    return {"form": chart.form, "title": chart.title, **chart.data, **table}


def _table(grid: Grid) -> dict[str, Any]:
    """Return a chart's figures for the table that the script makes when a reader opens it."""
    return {
        "caption": grid.caption,
        "headings": grid.headings,
        "words": sorted(grid.words.intersection(grid.headings)),
        "rows": grid.rows,
        "links": dict(grid.links),
    }
