"""Sections as Markdown: one required passage per section, and optional ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.report.markdown.markup import code, escape, fenced, folded, item, link, paragraph, table
from stackduel.report.markdown.size_limit import Passage
from stackduel.report.sections.blocks import (
    Block,
    Chart,
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

# A chart is a table here. A longer table is left out.
MOST_ROWS = 20


def passages(section: Section) -> Iterator[Passage]:
    """Yield a section's title and what stands below it, then each part of it with a heading, or folded, by itself."""
    title = [f"## {escape(section.title)}", ""] if section.title else []
    first, *parts = _parts(section.blocks)
    if lines := _trimmed([*title, *_lines(first)] if first else title if parts else []):
        yield Passage(section.title, lines)
    for part in parts:
        match part[0]:
            case Folded(summary, blocks):
                yield Passage(summary, tuple(folded(summary, _lines(blocks))), required=False)
            case Heading(text):
                yield Passage(text, _trimmed([f"### {escape(text)}", "", *_lines(part[1:])]), required=False)
            case _:
                yield Passage(section.title, _trimmed(list(_lines(part))))


def plain_lines(section: Section) -> Iterator[str]:
    """Yield a whole section as lines, below an empty one."""
    for each in passages(section):
        yield from ("", *each.lines)


def _parts(blocks: Sequence[Block]) -> list[list[Block]]:
    """Return the blocks in parts: a new one begins at each heading and with each folded block."""
    parts: list[list[Block]] = [[]]
    for block in blocks:
        after_folded = parts[-1] and isinstance(parts[-1][0], Folded)
        if isinstance(block, Heading | Folded) or after_folded:
            parts.append([block])
        else:
            parts[-1].append(block)
    return parts


def _lines(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield each block's lines and an empty one; a table has its caption where there are several."""
    several = sum(isinstance(each, Grid | Chart) for each in blocks) > 1
    for block in blocks:
        lines = list(_block(block, captioned=several))
        if lines:
            yield from (*lines, "")


def _block(block: Block, *, captioned: bool) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"**{escape(text)}**"
        case Paragraph(text):
            yield paragraph(text)
        case Legend():
            yield paragraph(block.text())
        case Sentences(items, brief):
            yield from map(item, items if brief is None else brief)
        case Failures(items):
            yield from (f"{item(what)}: {code(reason)}" for what, reason in items)
        case Code(text):
            yield code(text)
        case Shell(lines):
            yield from fenced(lines, "sh")
        case Links(text, items):
            yield f"{paragraph(text)} {', '.join(link(*each) for each in items)}"
        case Grid():
            yield from ([f"**{escape(block.caption)}**", ""] if captioned else [])
            yield from table(block)
        case Chart(_, title, _, _, grid) if len(grid.rows) > MOST_ROWS:
            yield paragraph(f"{title}: see report.html.")
        case Chart(_, title, reading, _, grid):
            yield from (f"**{escape(title)}**", "", paragraph(reading), "", *table(grid))
        case Folded(summary):
            yield paragraph(f"{summary}: see report.html.")


def _trimmed(lines: list[str]) -> tuple[str, ...]:
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)
