"""The migration matrix: one mean, one interval and one word, the same as those of the advice."""

from __future__ import annotations

import pytest
from hypothesis import given

from stackduel.analysis.advice import advise
from stackduel.analysis.comparisons import compare
from stackduel.analysis.matrix import MatrixEntry, matrix_verdict, migrations
from stackduel.model.comparison import Comparison, Verdict
from tests.stackduel.analysis.tables import CHANGES, Table, blocks, comparisons_of, inputs_for, tables
from tests.stackduel.makers import trial

FASTAPI = "fastapi-uvicorn"


def compared(
    speedup: float,
    low: float | None,
    high: float | None,
    verdict: Verdict,
    scenario: str = "waiting",
    noisy: bool = False,
) -> Comparison:
    return Comparison(scenario, "slow", "fast", "rate", speedup, low, high, 0.95, verdict, noisy)


def entry(*comparisons: Comparison) -> MatrixEntry:
    """The only entry of a matrix."""
    (found,) = migrations(comparisons)
    return found


@pytest.mark.parametrize(
    ("speedup", "word"),
    [
        (0.9, "no benefit shown"),
        (1.5, "moderate benefit"),
        (2.0, "good candidate"),
        (5.0, "strong case"),
        (10.0, "strong case"),
        (10.1, "migrate as soon as possible"),
    ],
)
def test_the_matrix_has_the_classic_bounds(speedup: float, word: str) -> None:
    """Below 2, from 2, from 5 and above 10 have the words of the published matrix."""
    assert matrix_verdict(speedup) == word


def test_the_word_reads_the_lower_end_and_the_mean_is_shown_as_it_is() -> None:
    """6x within 1.5 to 20 is a moderate benefit, and its mean is 6x, not the mean of lower ends."""
    found = entry(compared(6.0, 1.5, 20.0, "faster"))
    assert (found.word, found.mean.figures, found.benefit) == ("moderate benefit", "6.0x (1.5-20.0)", True)


def test_means_are_geometric() -> None:
    """Four times as fast here and as fast there is twice in the mean."""
    found = entry(compared(4.0, 3.9, 4.1, "faster", "a"), compared(1.0, 0.99, 1.01, "equivalent", "b"))
    assert found.mean.speedup == pytest.approx(2.0)
    assert found.mean.figures == "2.0x (2.0-2.0)"


@pytest.mark.parametrize(
    ("comparisons", "word"),
    [
        ([compared(1.01, 0.2, 5.0, "inconclusive")], "inconclusive"),
        ([compared(8.06, 7.37, 8.80, "inconclusive", noisy=True)], "inconclusive"),
        ([compared(1.0, 0.99, 1.01, "equivalent")], "no benefit shown"),
        ([compared(0.54, 0.5, 0.58, "slower")], "slower"),
        (
            [compared(6.0, 5.9, 6.1, "faster", "a"), compared(0.54, 0.5, 0.58, "slower", "b")],
            "slower in 1 of 2 scenarios",
        ),
        (
            [compared(6.0, 5.9, 6.1, "faster", "a"), compared(7.0, 6.5, 7.5, "inconclusive", "b", noisy=True)],
            "inconclusive",
        ),
        ([compared(6.0, None, None, "not tested")], "not tested"),
    ],
)
def test_no_benefit_is_claimed_that_the_verdicts_do_not_show(comparisons: list[Comparison], word: str) -> None:
    """Inconclusive is no strong case, a loss in one scenario no moderate benefit, a point estimate nothing."""
    found = entry(*comparisons)
    assert (found.word, found.benefit) == (word, False)


def test_the_matrix_has_no_word_on_the_twin() -> None:
    """The baseline once more is no migration."""
    trials = [
        trial(name, rate, block=block)
        for block in range(1, 6)
        for name, rate in (("slow", 100), ("slow.twin", 100), ("fast", 200))
    ]
    assert [each.candidate for each in migrations(compare(trials, "slow"))] == ["fast"]


@given(tables())
def test_the_matrix_and_the_advice_say_the_same(table: Table) -> None:
    """Whatever is advised as proven has a word of benefit, with the same mean and the same bounds as in the advice."""
    comparisons = comparisons_of(table)
    words = {each.candidate: each for each in migrations(comparisons)}
    assert words.keys() == CHANGES.keys()
    advice = advise(comparisons, inputs_for(table))
    if advice.stack is None:
        return
    own = words[advice.stack]
    assert (own.mean.speedup, own.mean.low, own.mean.high) == (advice.speedup, advice.low, advice.high)
    assert own.mean.figures in advice.sentence
    if own.benefit:
        assert advice.proven
    if advice.proven and (own.mean.low or 0) > 1.02:
        assert own.benefit


def test_a_stack_that_is_slower_somewhere_is_neither_advised_nor_called_a_benefit() -> None:
    """As in the issue: one mean, one word."""
    table = {"a": {FASTAPI: blocks(6.0)}, "b": {FASTAPI: blocks(0.54)}}
    comparisons = comparisons_of(table)
    assert advise(comparisons, inputs_for(table)).stack is None
    assert not migrations(comparisons)[0].benefit
