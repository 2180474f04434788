"""The migration matrix: one word on each candidate, from the same mean and interval as the advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stackduel.analysis.mean_speedup import MeanSpeedup
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison

NO_BENEFIT_WORD = "no benefit shown"
FAILS_MORE_WORD = "fails more requests than the baseline"
SUSPECTED_WORD = "failed more requests, untested"
# The matrix knows no smaller word than a moderate benefit; 2 % is not worth a change.
SMALLEST_BENEFIT = 1.02


@dataclass(frozen=True, slots=True)
class MatrixEntry:
    """The migration matrix's word on one candidate, and the mean that it is read from.

    ``benefit`` says whether it is one of the matrix's own words for a benefit.
    """

    candidate: str
    mean: MeanSpeedup
    word: str
    benefit: bool


def migrations(comparisons: Sequence[Comparison]) -> tuple[MatrixEntry, ...]:
    """Return the migration matrix: a word on each candidate, by the lower end of its mean speedup.

    A candidate whose speedup has no size, or only an upper bound, in some scenario has no mean and no word.
    """
    by_candidate: dict[str, list[Comparison]] = {}
    for each in comparisons:
        if not is_twin(each.candidate):
            by_candidate.setdefault(each.candidate, []).append(each)
    means = {candidate: MeanSpeedup(tuple(own)) for candidate, own in by_candidate.items()}
    return tuple(
        _entry(candidate, mean)
        for candidate, mean in means.items()
        if mean.fails_more or not mean.tested or mean.low is not None
    )


def matrix_verdict(speedup: float) -> str:
    """Return the matrix's verdict on a speedup: below 2, 2 to 5, 5 to 10, above 10."""
    if speedup < 2:
        return "moderate benefit" if speedup > SMALLEST_BENEFIT else NO_BENEFIT_WORD
    if speedup < 5:
        return "good candidate"
    if speedup <= 10:
        return "strong case"
    return "migrate as soon as possible"


def _entry(candidate: str, mean: MeanSpeedup) -> MatrixEntry:
    if mean.proven and mean.low is not None:
        word = matrix_verdict(mean.low)
        return MatrixEntry(candidate, mean, word, benefit=word != NO_BENEFIT_WORD)
    return MatrixEntry(candidate, mean, _word_without_benefit(mean), benefit=False)


def _word_without_benefit(mean: MeanSpeedup) -> str:
    if mean.fails_more:
        return FAILS_MORE_WORD
    if mean.suspected:
        return SUSPECTED_WORD
    if not mean.tested:
        return "not tested"
    slower = sum(each.verdict == "slower" for each in mean.comparisons)
    if slower:
        scenarios = len(mean.comparisons)
        return "slower" if slower == scenarios else f"slower in {slower} of {scenarios} scenarios"
    return "inconclusive" if "inconclusive" in mean.verdicts else NO_BENEFIT_WORD
