"""What other report modules say stands on the page, too: duels, service levels, models."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.record import Run
from benchmarks.report.html.further import sections
from benchmarks.report.html.page import render
from benchmarks.sla import Sla
from benchmarks.suite import Promise
from tests.benchmarks.report.html.outline import outline, read
from tests.benchmarks.report.html.runs import compared


def dueling() -> Run:
    """A run whose suite sets two stacks against each other and promises something."""
    made = compared()
    scenarios = tuple(replace(each, sla=(Promise("p99_ms", 150.0),)) for each in made.suite.scenarios)
    slas = (
        Sla("waiting", "fast", "p99_ms", 150.0, 147.0, ok=True),
        Sla("waiting", "slow", "p99_ms", 150.0, 735.0, ok=False),
    )
    return replace(made, suite=replace(made.suite, duel=("slow", "fast"), scenarios=scenarios), slas=slas)


def test_duels_and_service_levels_have_their_sections() -> None:
    """Each table and each sentence of theirs is on the page, in sections of their own."""
    html = render(dueling())
    text = outline(read(html))
    assert '<th scope="col" class="figure" data-stack="fast">fast</th>' in html
    assert "h2: Against each other" in text
    assert "caption: slow against fast: waiting" in text
    assert "caption: waiting: service levels" in text
    assert "fast | 147 pass" in text
    assert "slow | 735 FAIL" in text
    assert "All kept by fast." in text


def test_a_duel_that_could_not_be_is_told() -> None:
    """A pair that was not measured is a sentence, not an absence."""
    made = compared()
    text = outline(read(render(replace(made, suite=replace(made.suite, duel=("slow", "gone"))))))
    assert "No duel of slow and gone: gone not among the stacks." in text


def test_a_run_without_any_of_it_has_no_section_for_it() -> None:
    """Nothing is promised to a reader that is not there."""
    assert not list(sections(compared()))
