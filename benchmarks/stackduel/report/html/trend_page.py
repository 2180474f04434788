"""The trend over many runs as one HTML file: charts over time, and what changed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackduel.analysis.history.trend import Trend
from stackduel.model.counted import counted
from stackduel.report.html import document
from stackduel.report.sections.trend_history import answer, sections
from stackduel.report.sections.trend_runs import runs_of

# Points of all lines together: each stands in two charts and two tables, and the file is to stay below 5 MB.
MOST_POINTS = 4_000


def render(trend: Trend, links: Mapping[str, str]) -> str:
    """Return a trend as the text of an HTML file; ``links`` are the addresses of the runs' reports."""
    shown = _newest(trend)
    runs = tuple(runs_of(shown))
    suite = shown.moments[-1].suite
    return document.render(
        document.HtmlPage(
            title=f"{suite}: stackduel trend",
            headline=f"{suite}: trend of {counted(len(runs), 'run')}",
            answer=answer(trend, runs),
            question="",
            sections=tuple(sections(shown, runs, links)),
            stacks=[
                {"name": stack, "look": number}
                for number, stack in enumerate(dict.fromkeys(line.stack for line in shown.lines))
            ],
            source=f"the run.json of {counted(len(runs), 'run')}",
            whole_tables=True,
        )
    )


def _newest(trend: Trend) -> Trend:
    """Return the newest runs of a trend, as many as a page can hold."""
    count = max(1, MOST_POINTS // max(1, len(trend.lines)))
    lines = (replace(line, points=line.points[-count:]) for line in trend.lines)
    return replace(
        trend, moments=trend.moments[-count:], lines=tuple(line for line in lines if any(each for each in line.points))
    )
