"""What a condition names must be there, and what it compares must be of one kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.conditions.checking import ConditionSubject, check, comparisons, subject_of
from stackduel.analysis.conditions.grammar import parse
from stackduel.analysis.conditions.metrics import BETWEEN_RUNS, OF_A_RUN, UNITS, WRITTEN
from stackduel.analysis.conditions.syntax_tree import Figure
from stackduel.analysis.conditions.tokens import ConditionError
from tests.stackduel.analysis.conditions.made import SCOPE


@pytest.mark.parametrize(
    "text",
    [
        "speedup(new,waiting-100) < 2",
        "speedup < 2x",
        "speedup(old.twin) > 1.1",
        "p99(new) > 100ms and not p50(waiting-10) > 0.1 s",
        "errors > 0 or errors(wrong) > 1%",
        "cpu(new) > cpu(old)",
        "memory > 0.5GiB or memory(new) > 512 MiB",
        "rate(new) < 500 or rate(new) < 500rps",
        "void > 0 or failures > 0",
        "0.95 > speedup.low(new)",
    ],
)
def test_what_can_be_asked_passes(text: str) -> None:
    """Every figure, unit, part and combination of names that the page shows."""
    check(parse(text), SCOPE)


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("sped(new) < 2", 1, "'sped' is no figure; speedup is"),
        ("zzz > 2", 1, "'zzz' is no figure: speedup, p50, p90, p95, p99, p999, mean, rate and 6 more"),
        ("ratio(new) < 1", 1, "'ratio' is no figure; rate is"),
        ("speedup(neww) < 2", 9, "'neww' is no stack or scenario of this run; new is"),
        ("speedup(new, waiting) < 2", 14, "'waiting' is no scenario of this run; waiting-10"),
        ("speedup(waiting-10, new) < 2", 9, "'waiting-10' is no stack of this run: old, old.twin, new, wrong"),
        ("errors > 0 and speedup(old) < 2", 24, "old is the baseline, which has no speedup"),
        ("p99(new, waiting-10, 3) > 1ms", 22, "p99 takes a stack and a scenario at most"),
        ("memory.low(new) > 1MiB", 1, "memory has no interval, so no .low"),
        ("p99(new) > 100", 12, "100 is no measure of p99: write 100ms or 0.1s"),
        ("2ms > speedup(new)", 1, "2ms is no measure of speedup: write 2 or 2x"),
        ("memory > 5", 10, "5 is no measure of memory: write 512MiB or 1GiB"),
        ("errors > 1ms", 10, "1ms is no measure of errors: write 5 or 1%"),
        ("rate > 10%", 8, "10% is no measure of rate: write 500 or 500rps"),
        ("p99(new) > rate(new)", 1, "p99(new) and rate(new) are measured in different units"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_column(text: str, column: int, told: str) -> None:
    """Names that are not there, with what may have been meant, and numbers without the right unit."""
    with pytest.raises(ConditionError) as raised:
        check(parse(text), SCOPE)
    assert told in raised.value.problem
    assert raised.value.span.start + 1 == column


def test_one_name_alone_is_a_stack_or_a_scenario() -> None:
    """Of two, the stack comes first."""
    scope = replace(SCOPE, scenarios=("new", "waiting"))
    found = [
        subject_of(figure, scope)
        for each in comparisons(parse("p99(new) > p99(waiting) or p99(new, new) > p99").tree)
        for figure in (each.left, each.right)
        if isinstance(figure, Figure)
    ]
    assert found == [
        ConditionSubject("new", None),
        ConditionSubject(None, "waiting"),
        ConditionSubject("new", "new"),
        ConditionSubject(None, None),
    ]


def test_every_dimension_has_a_unit_and_an_example_that_is_right() -> None:
    """What an error tells to write can be written."""
    for name, kind in {**BETWEEN_RUNS, **OF_A_RUN}.items():
        for dimension in kind.dimensions:
            for example in WRITTEN[dimension].split(" or "):
                check(parse(f"{name} > {example}"), replace(SCOPE, figures=BETWEEN_RUNS))
    assert {dimension for dimensions, _ in UNITS.values() for dimension in dimensions} == set(WRITTEN)
