"""The live page itself: the report's style and charts, fed by events instead of data of its own."""

from __future__ import annotations

from markupsafe import Markup

from benchmarks.record import Run
from benchmarks.report.html import shipped

OWN = ("charts.js", "live.js")


def render(run: Run, report: str) -> str:
    """The page as HTML; ``report`` is the path at which the report will be when the server is gone."""
    scripts = shipped.scripts(OWN)
    return shipped.template("live.html.jinja").render(
        run=run,
        report=report,
        style=Markup(shipped.style()),  # noqa: S704 - the package's own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - the package's own files
        policy=shipped.policy(scripts, connect="'self'"),
    )
