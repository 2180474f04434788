"""Conditions are read by their grammar, and an error says where and why a text is none."""

from __future__ import annotations

import string
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.conditions.condition import (
    Condition,
    ConditionError,
    IntervalPart,
    MetricTerm,
    Name,
    Operator,
    Quantity,
)
from stackduel.analysis.conditions.reading import INSTEAD, LONGEST, UNITS, parse

LETTERS = string.ascii_letters + "_"
WORDS = st.text(LETTERS, min_size=1, max_size=8).filter(lambda word: word not in INSTEAD)
NAMES = st.text(LETTERS + string.digits + " .-@/:,()<>&|=!%äß", min_size=1, max_size=12).filter(str.strip) | st.just(
    "or"
)
METRICS = st.builds(
    MetricTerm,
    WORDS,
    st.none() | st.sampled_from(get_args(IntervalPart)),
    st.lists(st.builds(Name, NAMES), max_size=3).map(tuple),
)
QUANTITIES = st.builds(Quantity, st.integers(0, 10**9).map(lambda number: number / 1000), st.sampled_from(UNITS))
COMPARISONS = st.builds(
    lambda figure, operator, other, swapped: (
        Condition(other, operator, figure) if swapped else Condition(figure, operator, other)
    ),
    METRICS,
    st.sampled_from(get_args(Operator)),
    METRICS | QUANTITIES,
    st.booleans(),
)


@given(COMPARISONS)
def test_a_condition_written_out_is_read_again(condition: Condition) -> None:
    """Every condition has a text, and that text is this condition and no other."""
    assert parse(str(condition)) == condition


@given(COMPARISONS, st.sampled_from([" ", "\t", "\n  ", ""]))
def test_space_between_the_words_means_nothing(condition: Condition, space: str) -> None:
    """Around operators, parentheses and commas there may be any space, or none."""
    text = str(condition)
    assert parse(f"{space}{text}{space}") == condition
    if not {'"', "'"} & set(text):
        for mark in ("(", ")", ",", "<", ">"):
            text = text.replace(mark, f"{space}{mark}{space}").replace(f"{mark}{space}=", f"{mark}=")
        assert parse(text) == condition


@given(st.text(max_size=60) | st.text("pand or not()<>=.,%9\"' ", max_size=60))
def test_any_text_is_a_condition_or_an_error_that_points_into_it(text: str) -> None:
    """Nothing else ever comes of reading, and the column is one of the text or the one behind it."""
    error = None
    try:
        condition = parse(text)
    except ConditionError as raised:
        error = raised
    if error is None:
        assert parse(str(condition)) == condition
        return
    assert 0 <= error.span.start <= len(text)
    first, shown, caret = str(error).split("\n")
    assert first.startswith(f"--fail-on: column {error.span.start + 1}: ")
    assert shown.isprintable()
    assert caret.index("^") == error.span.start + 2


def test_the_examples_of_the_page_are_read() -> None:
    """Three conditions, down to the spans that errors point at."""
    assert parse("speedup(quart-hypercorn,waiting-100) < 2") == Condition(
        MetricTerm("speedup", None, (Name("quart-hypercorn"), Name("waiting-100"))), "<", Quantity(2)
    )
    assert parse("p99(fastapi-uvicorn) > 100ms") == Condition(
        MetricTerm("p99", None, (Name("fastapi-uvicorn"),)), ">", Quantity(100, "ms")
    )
    errors = parse("errors > 0")
    assert errors == Condition(MetricTerm("errors"), ">", Quantity(0))
    assert (errors.left.span, errors.right.span, errors.span) == ((0, 6), (9, 10), (0, 10))


@pytest.mark.parametrize(
    ("text", "column", "advice"),
    [
        ("errors > 0 or void > 0", 12, "repeat --fail-on for each comparison"),
        ("errors > 0 || void > 0", 12, "repeat --fail-on for each comparison"),
        ("errors > 0 and void > 0", 12, "ask for each comparison in its own stackduel report RUN --fail-on"),
        ("errors > 0 && void > 0", 12, "ask for each comparison in its own stackduel report RUN --fail-on"),
        ("not errors > 0", 1, "write the opposite operator, such as >= in place of <"),
        ("!errors > 0", 1, "write the opposite operator, such as >= in place of <"),
        ("errors > not 0", 10, "write the opposite operator, such as >= in place of <"),
        ("0 < errors < 5", 12, "repeat --fail-on for another"),
        ("(errors > 0)", 1, "not '('"),
    ],
)
def test_a_condition_is_one_comparison(text: str, column: int, advice: str) -> None:
    """``and``, ``or``, ``not`` and their signs are refused with what to write instead."""
    with pytest.raises(ConditionError) as raised:
        parse(text)
    assert "condition is one comparison" in raised.value.problem or "(" in text
    assert advice in raised.value.problem
    assert raised.value.span.start + 1 == column
    assert str(raised.value).startswith("--fail-on: ")


@pytest.mark.parametrize("text", ["100 ms", "100ms", "100.0ms"])
def test_a_unit_may_stand_apart(text: str) -> None:
    """A number and its unit are one word or two."""
    assert parse(f"p99>{text}") == Condition(MetricTerm("p99"), ">", Quantity(100, "ms"))
    assert parse("errors > 1 %") == parse("errors > 1%") == Condition(MetricTerm("errors"), ">", Quantity(1, "%"))


def test_a_name_with_any_characters_is_quoted() -> None:
    """Spaces, keywords and parentheses are plain within quotes of either kind."""
    condition = parse("""errors('my stack (new)', "or") > 0""")
    assert condition == Condition(MetricTerm("errors", None, (Name("my stack (new)"), Name("or"))), ">", Quantity(0))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "expected a metric such as p99(STACK), or a number, not the end"),
        ("  ", 1, "expected a metric such as p99(STACK), or a number, not the end"),
        ("errors", 7, "expected <, <=, > or >=, not the end"),
        ("errors > ", 9, "expected a metric such as p99(STACK), or a number, not the end"),
        ("errors > 0 void > 0", 12, "expected the end, not 'void'"),
        ("errors > 0)", 11, "expected the end, not ')'"),
        ("1 < 2", 1, "compares two numbers: one side must be a metric"),
        ("p99(a > 1ms", 7, "expected ) after the names of p99, not '>'"),
        ("p99(a,) > 1ms", 7, "expected the name of a stack or scenario, not ')'"),
        ("p99(and) > 1ms", 5, "expected the name of a stack or scenario, not 'and'"),
        ("p99.middle(a) > 1ms", 1, "'p99.middle': after the dot write low, point, high"),
        ("p99(a) > 5kg", 10, "'kg' is no unit: us, ms, s, %, x, MiB, GiB, rps"),
        ("p99(a) > 1e3", 10, "'1e3' is no number such as 2, 0.95, 100ms or 1%"),
        ("p99(a) > 1.2.3", 10, "'1.2.3' is no number such as 2, 0.95, 100ms or 1%"),
        (f"errors > {'9' * 400}", 10, "is no number such as 2, 0.95, 100ms or 1%"),
        ("errors = 0", 8, "= is no operator: two measured values are never equal: write <= or >="),
        ("errors != 0", 8, "!= is no operator: two measured values are never equal: write <= or >="),
        ("p99('a) > 1ms", 5, "' is no operator: the quote is not closed"),
        ('p99("") > 1ms', 5, "an empty name"),
        ("'errors' > 0", 1, "expected a metric such as p99(STACK), or a number, not 'errors'"),
        ("x" * (LONGEST + 1), 1, f"longer than {LONGEST} characters"),
    ],
)
def test_a_text_that_is_no_condition_is_refused_with_its_column(text: str, column: int, message: str) -> None:
    """Each mistake has its own message, and a caret below the first character of what is wrong."""
    with pytest.raises(ConditionError) as raised:
        parse(text)
    assert message in raised.value.problem
    assert raised.value.span.start + 1 == column


def test_an_error_shows_the_place() -> None:
    """The message is three lines: what and where, the condition, the caret."""
    with pytest.raises(ConditionError) as raised:
        parse("p99(fast) > 100kg")
    assert str(raised.value) == (
        "--fail-on: column 13: 'kg' is no unit: us, ms, s, %, x, MiB, GiB, rps\n"
        "  p99(fast) > 100kg\n"
        "              ^^^^^"
    )
