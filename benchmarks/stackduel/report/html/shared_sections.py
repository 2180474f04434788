"""What other report modules have to say of a run, as they say it: a table with sentences below it (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from stackduel.model.run import Run
from stackduel.report.sections.block import Block as Told
from stackduel.report.sections.blocks import Folded, Grid, Paragraph, Section, Sentences, Shown
from stackduel.report.sections.head_to_head import duel_blocks, duel_summary, missing
from stackduel.report.sections.models import inference_blocks

# More sentences than these about one table are folded, where some say the most of it.
MOST_OPEN = 4


def sections(run: Run) -> Iterator[Section]:
    """A section for each module that has something to say."""
    for anchor, title, tell in _MODULES:
        blocks = tuple(tell(run))
        if blocks:
            yield Section(anchor, title, blocks)


def _duels(run: Run) -> Iterator[Shown]:
    """The pair over all scenarios, and folded below it scenario by scenario; a single scenario stands open."""
    why = missing(run)
    if why:
        yield Sentences((why,))
    summary = duel_summary(run)
    if summary:
        yield from _blocks(summary, run)
    for duel in duel_blocks(run):
        blocks = tuple(block for told in duel for block in _blocks(told, run))
        yield from (Folded(duel[0].title, blocks),) if summary else blocks


def _models(run: Run) -> Iterator[Shown]:
    for told in inference_blocks(run):
        yield from _blocks(told, run)


def _blocks(told: Told, run: Run) -> Iterator[Shown]:
    if told.rows:
        yield Grid(told.title, told.headings, told.rows, told.words, column_stacks=run.stacks.keys() & told.headings)
    elif told.title:
        yield Paragraph(f"{told.title}:")
    brief = tuple(line for line in told.brief or () if line in told.lines)
    if brief and len(told.lines) > MOST_OPEN:
        yield Sentences(brief)
        yield Folded(f"All {len(told.lines)} sentences on {told.title}", (Sentences(told.lines),))
    elif told.lines:
        yield Sentences(told.lines)


_MODULES: tuple[tuple[str, str, Callable[[Run], Iterable[Shown]]], ...] = (
    ("duels", "Against each other", _duels),
    ("models", "The models", _models),
)
