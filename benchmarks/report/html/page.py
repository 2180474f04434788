"""The whole report as one HTML file: whatever a run has, section by section (pure but for the package's own files)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from markupsafe import Markup

from benchmarks.record import Run
from benchmarks.report.html import (
    ceilings,
    crossover,
    doubts,
    further,
    scenarios,
    searches,
    shipped,
    speedups,
    surroundings,
)
from benchmarks.report.html.answer import answer
from benchmarks.report.html.blocks import Block, Chart, More, Section
from benchmarks.report.html.stacks import ROLES, described
from benchmarks.report.words import headline

# What a page is made of, in its order. A module that adds something has a function of this kind and a line here.
PARTS: tuple[Callable[[Run], Iterable[Section]], ...] = (
    speedups.sections,
    ceilings.sections,
    searches.sections,
    further.sections,
    scenarios.sections,
    crossover.sections,
    doubts.sections,
    surroundings.sections,
)


def render(run: Run) -> str:
    """The report of a run as the text of an HTML file; everything that came from outside is escaped."""
    sections = [section for part in PARTS for section in part(run)]
    charts = [chart for section in sections for chart in _charts(section.blocks)]
    data = {"stacks": described(run), "roles": dict(ROLES), "charts": [_drawn(chart) for chart in charts]}
    scripts = shipped.scripts()
    return shipped.template("page.html.jinja").render(
        run=run,
        headline=headline(run),
        answer=answer(run),
        sections=sections,
        stacks=described(run),
        style=Markup(shipped.style()),  # noqa: S704 - the package's own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - the package's own files
        licences=shipped.licences(),
        policy=shipped.policy(scripts),
        data=embedded(data),
    )


def embedded(value: Mapping[str, Any]) -> Markup:
    """A value as JSON that can stand in a script element, whatever its texts hold."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing in it can end the element


def _charts(blocks: Iterable[Block]) -> Iterator[Chart]:
    for block in blocks:
        if isinstance(block, Chart):
            yield block
        elif isinstance(block, More):
            yield from _charts(block.blocks)


def _drawn(chart: Chart) -> dict[str, Any]:
    return {"form": chart.form, "title": chart.title, **chart.data}
