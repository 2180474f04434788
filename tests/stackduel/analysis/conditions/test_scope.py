"""A condition may name only what the run has, and compare only like with like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.conditions.condition import ConditionError
from stackduel.analysis.conditions.metrics import BETWEEN_RUNS, OF_A_RUN, UNITS, WRITTEN
from stackduel.analysis.conditions.reading import parse
from stackduel.analysis.conditions.scope import ConditionSubject, check, subject_of
from tests.stackduel.analysis.conditions.made import SCOPE


@pytest.mark.parametrize(
    "text",
    [
        "speedup(new,waiting-100) < 2",
        "speedup < 2x",
        "speedup(old.twin) > 1.1",
        "p99(new) > 100ms",
        "p50(waiting-10) <= 0.1 s",
        "errors > 0",
        "errors(wrong) > 1%",
        "cpu(new) > cpu(old)",
        "memory > 0.5GiB",
        "memory(new) > 512 MiB",
        "rate(new) < 500",
        "rate(new) < 500rps",
        "void > 0",
        "failures > 0",
        "0.95 > speedup.low(new)",
    ],
)
def test_a_condition_that_fits_the_run_passes(text: str) -> None:
    """Every metric, unit, part and combination of names on the page is accepted."""
    check(parse(text), SCOPE)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("sped(new) < 2", 1, "unknown metric 'sped'; did you mean speedup?"),
        ("zzz > 2", 1, "unknown metric 'zzz': choose from speedup, p50, p90, p95, p99, p999, mean, rate and 34 more"),
        ("ratio(new) < 1", 1, "unknown metric 'ratio'; did you mean rate?"),
        ("speedup(neww) < 2", 9, "this run has no stack or scenario 'neww'; did you mean new?"),
        ("speedup(new, waiting) < 2", 14, "this run has no scenario 'waiting'; did you mean waiting-10"),
        (
            "speedup(waiting-10, new) < 2",
            9,
            "this run has no stack 'waiting-10': choose from old, old.twin, new",
        ),
        ("speedup(old) < 2", 9, "old is the baseline: speedup compares the other stacks with it"),
        ("p99(new, waiting-10, 3) > 1ms", 22, "p99 takes at most a stack and a scenario"),
        ("memory.low(new) > 1MiB", 1, "memory has no interval, so no .low"),
        ("p99(new) > 100", 12, "p99 is not measured in 100: write 100ms or 0.1s"),
        ("2ms > speedup(new)", 1, "speedup is not measured in 2ms: write 2 or 2x"),
        ("memory > 5", 10, "memory is not measured in 5: write 512MiB or 1GiB"),
        ("errors > 1ms", 10, "errors is not measured in 1ms: write 5 or 1%"),
        ("rate > 10%", 8, "rate is not measured in 10%: write 500 or 500rps"),
        ("p99(new) > rate(new)", 1, "p99(new) and rate(new) are measured in different units"),
    ],
)
def test_a_condition_that_does_not_fit_is_refused_with_its_column(text: str, column: int, message: str) -> None:
    """Unknown names are refused with the closest known one, and numbers without the right unit."""
    with pytest.raises(ConditionError) as raised:
        check(parse(text), SCOPE)
    assert message in raised.value.problem
    assert raised.value.span.start + 1 == column


def test_one_name_alone_is_a_stack_or_a_scenario() -> None:
    """Of two names, the stack comes first."""
    scope = replace(SCOPE, scenarios=("new", "waiting"))
    metrics = (*parse("p99(new) > p99(waiting)").metrics, *parse("p99(new, new) > p99").metrics)
    assert [subject_of(metric, scope) for metric in metrics] == [
        ConditionSubject("new", None),
        ConditionSubject(None, "waiting"),
        ConditionSubject("new", "new"),
        ConditionSubject(None, None),
    ]


def test_every_dimension_has_a_unit_and_an_example_that_is_right() -> None:
    """The examples in errors are accepted."""
    for name, kind in {**BETWEEN_RUNS, **OF_A_RUN}.items():
        for dimension in kind.dimensions:
            for example in WRITTEN[dimension].split(" or "):
                check(parse(f"{name} > {example}"), replace(SCOPE, metrics=BETWEEN_RUNS))
    assert {dimension for dimensions, _ in UNITS.values() for dimension in dimensions} == set(WRITTEN)
