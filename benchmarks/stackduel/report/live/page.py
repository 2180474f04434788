"""The live page: the report's style and charts, fed by events."""

from __future__ import annotations

from markupsafe import Markup

from stackduel.model.run import Run
from stackduel.report.html import assets_files

OWN = ("charts.js", "live.js")


def render(run: Run, report: str) -> str:
    """Return the page as HTML; ``report`` is the path of the report after the server ended."""
    scripts = assets_files.scripts(OWN)
    return assets_files.template("live.html.jinja").render(
        run=run,
        report=report,
        style=Markup(assets_files.style()),  # noqa: S704 - the package's own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - the package's own files
        policy=assets_files.policy(scripts, connect="'self'"),
    )
