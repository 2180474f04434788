"""Findings of other report modules stand on the page, too: duels, service levels, models."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.run import Run
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.suite import ServiceLevel
from stackduel.report.html.document import opened
from stackduel.report.html.page import render
from stackduel.report.sections import head_to_head, models, service_levels
from stackduel.report.sections.blocks import Folded, Grid, Sentences
from tests.stackduel.report.html.outline import outline, read
from tests.stackduel.report.html.runs import compared


def dueling() -> Run:
    """A run whose suite sets two stacks against each other and promises something."""
    made = compared()
    scenarios = tuple(replace(each, sla=(ServiceLevel("p99_ms", 150.0),)) for each in made.suite.scenarios)
    slas = (
        ServiceLevelResult("waiting", "fast", "p99_ms", 150.0, 147.0, ok=True),
        ServiceLevelResult("waiting", "slow", "p99_ms", 150.0, 735.0, ok=False),
    )
    return replace(made, suite=replace(made.suite, duel=("slow", "fast"), scenarios=scenarios), slas=slas)


def test_head_to_heads_and_service_levels_have_their_sections() -> None:
    """Each table and each sentence of theirs is on the page, in sections of their own."""
    html = render(dueling())
    text = outline(read(html))
    assert '<th scope="col" class="figure" data-stack="fast">fast</th>' in html
    assert "h2: Head to head" in text
    assert "caption: slow against fast: waiting" in text
    assert "caption: waiting: service levels" in text
    assert "fast | 147 pass" in text
    assert "slow | 735 FAIL" in text
    assert "All kept by fast." in text


def test_a_missing_pair_is_reported_with_its_reason() -> None:
    """A pair that was not measured is a sentence, not an absence."""
    made = compared()
    text = outline(read(render(replace(made, suite=replace(made.suite, duel=("slow", "gone"))))))
    assert "No head-to-head comparison of slow and gone: gone not among the stacks." in text


def test_a_run_without_any_of_it_has_no_section_for_it() -> None:
    """Nothing is promised to a reader that is not there."""
    for each in (head_to_head, models, service_levels):
        assert not list(each.sections(compared()))


def test_of_many_sentences_some_stand_open_and_all_are_folded() -> None:
    """Those that a terminal shows are open; the word that there are more belongs to the terminal."""
    lines = tuple(f"stack-{n}: so many ms." for n in range(9))
    grid = Grid("waiting: where the time goes", (), ())
    brief = (lines[0], lines[8], "Of the others: see the report.")
    _, open_ones, folded = opened([grid, Sentences(lines, brief)])
    assert open_ones == Sentences((lines[0], lines[8]))
    assert folded == Folded("All 9 sentences on waiting: where the time goes", (Sentences(lines),))
    few = Sentences(lines[:3], lines[:1])
    assert list(opened([few])) == [few]


def test_head_to_heads_of_several_scenarios_are_folded_below_their_summary() -> None:
    """One of a single scenario stands open."""
    text = outline(read(render(dueling())))
    assert "caption: slow against fast, in every scenario" in text
    assert "summary: slow against fast: waiting" in text
    made = dueling()
    alone = replace(made, suite=replace(made.suite, scenarios=made.suite.scenarios[:1]))
    assert "summary: slow against fast: waiting" not in outline(read(render(alone)))
