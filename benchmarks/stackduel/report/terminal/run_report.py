"""The report in the terminal: its sections, and the advice in the end, where the eye is."""

from __future__ import annotations

from rich.console import Console

from stackduel.model.run import Run
from stackduel.report.sections.advice import Headline, answer, title
from stackduel.report.sections.contents import CONTENTS
from stackduel.report.terminal.page import HEADING, Page
from stackduel.report.terminal.section_view import show_sections


def show(run: Run, console: Console) -> None:
    """Print a run's report; figures that the terminal is too narrow for are left out, never cut short."""
    page = Page(console)
    page.heading(title(run))
    for maker in CONTENTS["terminal"]:
        show_sections(maker(run), page)
    _answer("Answer" if run.suite.search else "Advice", answer(run), page)


def _answer(heading: str, headline: Headline, page: Page) -> None:
    page.line()
    page.heading(heading)
    for line in headline.more:
        page.item(line)
    page.item(headline.sentence, HEADING)
