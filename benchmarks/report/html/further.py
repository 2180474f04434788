"""What other report modules have to say of a run, as they say it: a table with sentences below it (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from benchmarks.record import Run
from benchmarks.report.block import Block as Told
from benchmarks.report.duel import duel_blocks, duel_summary, missing
from benchmarks.report.html.blocks import Block, Grid, Lines, Paragraph, Section
from benchmarks.report.inference import inference_blocks


def sections(run: Run) -> Iterator[Section]:
    """A section for each module that has something to say."""
    for anchor, title, tell in _MODULES:
        blocks = tuple(block for told in tell(run) for block in _blocks(told, run))
        if blocks:
            yield Section(anchor, title, blocks)


def _duels(run: Run) -> Iterator[Told]:
    why = missing(run)
    if why:
        yield Told("", lines=(why,))
    summary = duel_summary(run)
    if summary:
        yield summary
    yield from chain.from_iterable(duel_blocks(run))


def _blocks(told: Told, run: Run) -> Iterator[Block]:
    if told.rows:
        yield Grid(told.title, told.headings, told.rows, told.words, column_stacks=run.stacks.keys() & told.headings)
    elif told.title:
        yield Paragraph(f"{told.title}:")
    if told.lines:
        yield Lines(told.lines)


_MODULES: tuple[tuple[str, str, Callable[[Run], Iterable[Told]]], ...] = (
    ("duels", "Against each other", _duels),
    ("models", "The models", inference_blocks),
)
