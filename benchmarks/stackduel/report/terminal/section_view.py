"""Sections in a terminal: tables that fit, sentences, and no charts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from stackduel.report.sections.blocks import (
    Block,
    Code,
    Failures,
    Folded,
    Grid,
    Heading,
    Legend,
    Links,
    Paragraph,
    Section,
    Sentences,
    Shell,
)
from stackduel.report.terminal.page import ASIDE, BAD, HEADING, Page

TIER_STYLES = {"baseline": HEADING, "control": ASIDE, "A/A": ASIDE}


def show_sections(sections: Iterable[Section], page: Page, elsewhere: str = "see the report") -> None:
    """Print sections; a legend comes after all of them, and only for the columns that had room."""
    shown: set[str] = set()
    legends = []
    for section in sections:
        page.line()
        if section.title:
            page.heading(section.title)
        shown |= _blocks(section.blocks, page, elsewhere)
        legends += [each for each in section.blocks if isinstance(each, Legend)]
    for legend in legends:
        page.line()
        page.paragraph(legend.text(shown), style=ASIDE)


def _blocks(blocks: Sequence[Block], page: Page, elsewhere: str) -> set[str]:
    """Print blocks, and return the headings of the columns shown. Of the hidden parts, print only the first."""
    shown: set[str] = set()
    several = sum(isinstance(each, Grid) for each in blocks) > 1
    first_grid = True
    for block in blocks:
        if isinstance(block, Grid):
            if several or block.unit:
                if not first_grid:
                    page.line()
                page.heading(f"{block.caption} ({block.unit})" if block.unit else block.caption)
            first_grid = False
            shown |= set(_table(block, page, elsewhere))
        else:
            _text(block, page)
    foldeds = [each for each in blocks if isinstance(each, Folded)]
    if foldeds:
        page.line()
        page.heading(foldeds[0].summary)
        shown |= _blocks(foldeds[0].blocks, page, elsewhere)
    if len(foldeds) > 1:
        page.paragraph(f"({elsewhere} for {'; '.join(each.summary for each in foldeds[1:])})", rest=" ", style=ASIDE)
    return shown


def _text(block: Block, page: Page) -> None:
    match block:
        case Heading(text):
            page.heading(text)
        case Paragraph(text, soft):
            page.paragraph(text, style=ASIDE if soft else "")
        case Sentences(items, brief):
            for each in items if brief is None else brief:
                page.item(each)
        case Failures(items):
            for what, reason in items:
                page.paragraph(f"{what}: {reason}", rest="  ", style=BAD)
        case Code(text):
            page.paragraph(text, first="  ", style=ASIDE)
        case Shell(lines):
            for each in lines:
                page.shell(each, ASIDE if each.startswith("#") else "")
        case Links(text, items):
            page.paragraph(f"{text} {', '.join(title for title, _ in items)}", rest="  ")


def _table(grid: Grid, page: Page, elsewhere: str) -> Collection[str]:
    tiers = [row[grid.headings.index("tier")] if "tier" in grid.headings else "" for row in grid.rows]
    return page.table(
        grid.headings,
        grid.rows,
        words=grid.words,
        least_needed=grid.least_needed,
        last_left_out=grid.last_left_out,
        elsewhere=elsewhere,
        styles=[TIER_STYLES.get(tier, "") for tier in tiers],
    )
