"""A page as values, and its one HTML file: what a report and a trend have in common (pure but for the package's files).

A sheet brings its style, scripts and charting library along; everything else in it is text, and escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from stackduel.report.html import assets_files
from stackduel.report.sections.advice import Headline
from stackduel.report.sections.blocks import Chart, Folded, Section, Shown


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """What a page shows, from the top down.

    ``title`` is the window's, ``headline`` stands beside our name; ``question`` below the answer, if there is one.
    ``stacks`` are those that can be hidden, ``roles`` what their colours stand for; ``source`` is what the page was
    computed from.
    """

    title: str
    headline: str
    answer: Headline
    question: str
    sections: Sequence[Section]
    stacks: Sequence[Mapping[str, Any]]
    source: str
    roles: Mapping[str, str] = field(default_factory=dict)


def render(sheet: HtmlPage) -> str:
    """The text of an HTML file."""
    charts = [chart for section in sheet.sections for chart in _charts(section.blocks)]
    data = {"stacks": sheet.stacks, "roles": dict(sheet.roles), "charts": [_drawn(chart) for chart in charts]}
    scripts = assets_files.scripts()
    return assets_files.template("page.html.jinja").render(
        sheet=sheet,
        style=Markup(assets_files.style()),  # noqa: S704 - the package's own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - the package's own files
        licences=assets_files.licences(),
        policy=assets_files.policy(scripts),
        data=embedded(data),
    )


def embedded(value: Mapping[str, Any]) -> Markup:
    """A value as JSON that can stand in a script element, whatever its texts hold."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing in it can end the element


def _charts(blocks: Iterable[Shown]) -> Iterator[Chart]:
    """In the order in which the template numbers them."""
    for block in blocks:
        if isinstance(block, Chart):
            yield block
        elif isinstance(block, Folded):
            yield from _charts(block.blocks)


def _drawn(chart: Chart) -> dict[str, Any]:
    return {"form": chart.form, "title": chart.title, **chart.data}
