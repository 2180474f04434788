"""The section of tokens: who counted them, what one costs, and which streams were good."""

from __future__ import annotations

from stackduel.report.sections import tokens
from stackduel.report.sections.blocks import Grid, Sentences
from tests.stackduel.report.chatted import chatted, of_a_model


def test_each_stack_has_its_row_and_the_bounds_are_named() -> None:
    """Without a server's count an event is a token, and a sentence says so."""
    (section,) = tokens.sections(of_a_model())
    grids = [block for block in section.blocks if isinstance(block, Grid)]
    assert [[row[0] for row in grid.rows] for grid in grids] == [["slow", "fast"]] * 2
    assert {row[3] for grid in grids for row in grid.rows} == {"events"}
    told = [item for block in section.blocks if isinstance(block, Sentences) for item in block.items]
    assert any("ttft p99 <= 500 ms and tpot p99 <= 50 ms" in item for item in told)
    assert tokens.BY_EVENTS in told


def test_other_streams_have_no_tokens() -> None:
    """Their events are shown elsewhere."""
    assert not list(tokens.sections(chatted()))
