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
    by_maker = [tuple(maker(run)) for maker in CONTENTS["terminal"]]
    for sections in by_maker:
        show_sections([each for each in sections if not each.prominent], page)
    _answer(answer(run), page)
    show_sections([each for sections in by_maker for each in sections if each.prominent], page)


def _answer(headline: Headline, page: Page) -> None:
    page.line()
    page.heading(headline.label)
    page.item(headline.sentence, HEADING)
    for line in ([headline.reason] if headline.reason else []) + list(headline.more):
        page.item(line)
