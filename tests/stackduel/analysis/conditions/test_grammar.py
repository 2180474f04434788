"""Conditions are read as their grammar says, and whatever is none is told where and why."""

from __future__ import annotations

import string
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.conditions.grammar import DEEPEST, UNITS, parse
from stackduel.analysis.conditions.syntax_tree import (
    Figure,
    FigureComparison,
    IntervalPart,
    Joined,
    Name,
    Not,
    Operator,
    Quantity,
    Tree,
)
from stackduel.analysis.conditions.tokens import KEYWORDS, LONGEST, ConditionError

LETTERS = string.ascii_letters + "_"
WORDS = st.text(LETTERS, min_size=1, max_size=8).filter(lambda word: word not in KEYWORDS)
NAMES = st.text(LETTERS + string.digits + " .-@/:,()<>&|=!%äß", min_size=1, max_size=12).filter(str.strip) | st.just(
    "or"
)
FIGURES = st.builds(
    Figure,
    WORDS,
    st.none() | st.sampled_from(get_args(IntervalPart)),
    st.lists(st.builds(Name, NAMES), max_size=3).map(tuple),
)
QUANTITIES = st.builds(Quantity, st.integers(0, 10**9).map(lambda number: number / 1000), st.sampled_from(UNITS))
COMPARISONS = st.builds(
    lambda figure, operator, other, swapped: (
        FigureComparison(other, operator, figure) if swapped else FigureComparison(figure, operator, other)
    ),
    FIGURES,
    st.sampled_from(get_args(Operator)),
    FIGURES | QUANTITIES,
    st.booleans(),
)


def joined(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Trees one level deeper; an ``and`` right within an ``and`` is written without parentheses, so is no tree."""

    def build(word: str, children: list[Tree]) -> Tree:
        return Joined("and" if word == "and" else "or", tuple(children))

    several = st.lists(parts, min_size=2, max_size=3)
    return st.builds(Not, parts) | st.builds(build, st.sampled_from(["and", "or"]), several)


TREES: st.SearchStrategy[Tree] = st.recursive(COMPARISONS, joined, max_leaves=6)


@given(TREES)
def test_what_is_written_out_is_read_again(tree: Tree) -> None:
    """Every condition there is has a text, and that text is this condition and no other."""
    assert parse(str(tree)).tree == tree


@given(TREES, st.sampled_from([" ", "\t", "\n  ", ""]))
def test_space_between_the_words_means_nothing(tree: Tree, space: str) -> None:
    """Around operators, parentheses and commas there may be any space, or none."""
    text = str(tree)
    assert parse(f"{space}{text}{space}").tree == tree
    if not {'"', "'"} & set(text):
        for mark in ("(", ")", ",", "<", ">"):
            text = text.replace(mark, f"{space}{mark}{space}").replace(f"{mark}{space}=", f"{mark}=")
        assert parse(text).tree == tree


@given(st.text(max_size=60) | st.text("pand or not()<>=.,%9\"' ", max_size=60))
def test_any_text_is_a_condition_or_an_error_that_points_into_it(text: str) -> None:
    """Nothing else ever comes of reading, and the column is one of the text or the one behind it."""
    error = None
    try:
        condition = parse(text)
    except ConditionError as raised:
        error = raised
    if error is None:
        assert parse(str(condition.tree)).tree == condition.tree
        return
    assert 0 <= error.span.start <= len(text)
    first, shown, caret = str(error).split("\n")
    assert first.startswith(f"--fail-on: column {error.span.start + 1}: ")
    assert shown.isprintable()
    assert caret.index("^") == error.span.start + 2


def test_the_examples_of_the_issue_are_read() -> None:
    """The three conditions that it shows, down to the spans that errors point at."""
    speedup = parse("speedup(quart-hypercorn,waiting-100) < 2").tree
    assert speedup == FigureComparison(
        Figure("speedup", None, (Name("quart-hypercorn"), Name("waiting-100"))), "<", Quantity(2)
    )
    assert parse("p99(fastapi-uvicorn) > 100ms").tree == FigureComparison(
        Figure("p99", None, (Name("fastapi-uvicorn"),)), ">", Quantity(100, "ms")
    )
    errors = parse("errors > 0").tree
    assert errors == FigureComparison(Figure("errors"), ">", Quantity(0))
    assert isinstance(errors, FigureComparison)
    assert (errors.left.span, errors.right.span, errors.span) == ((0, 6), (9, 10), (0, 10))


def test_and_binds_closer_than_or_and_not_closest() -> None:
    """As everywhere; parentheses say otherwise."""
    one, two, three = (FigureComparison(Figure(name), ">", Quantity(1)) for name in "abc")
    assert parse("a > 1 or b > 1 and c > 1").tree == Joined("or", (one, Joined("and", (two, three))))
    assert parse("(a > 1 or b > 1) and c > 1").tree == Joined("and", (Joined("or", (one, two)), three))
    assert parse("not a > 1 and b > 1").tree == Joined("and", (Not(one), two))
    assert parse("not not a>1").tree == Not(Not(one))


@pytest.mark.parametrize("text", ["100 ms", "100ms", "100.0ms"])
def test_a_unit_may_stand_apart(text: str) -> None:
    """A number and its unit are one word or two."""
    assert parse(f"p99>{text}").tree == FigureComparison(Figure("p99"), ">", Quantity(100, "ms"))
    assert parse("errors > 1 % and errors > 1%").tree == Joined(
        "and", (FigureComparison(Figure("errors"), ">", Quantity(1, "%")),) * 2
    )


def test_a_name_with_whatever_characters_is_quoted() -> None:
    """Spaces, keywords and parentheses are plain within quotes of either kind."""
    tree = parse("""errors('my stack (new)', "or") > 0""").tree
    assert tree == FigureComparison(Figure("errors", None, (Name("my stack (new)"), Name("or"))), ">", Quantity(0))


DEEP = "(" * (DEEPEST + 1) + "errors > 0" + ")" * (DEEPEST + 1)


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("", 1, "expected a figure such as p99(STACK), or a number, not the end"),
        ("  ", 1, "expected a figure such as p99(STACK), or a number, not the end"),
        ("errors", 7, "expected <, <=, > or >= after errors, not the end"),
        ("errors > ", 9, "expected a figure such as p99(STACK), or a number, not the end"),
        ("errors > 0 or", 14, "expected a figure such as p99(STACK), or a number, not the end"),
        ("errors > 0 void > 0", 12, "expected and, or or the end, not 'void'"),
        ("errors > 0)", 11, "expected and, or or the end, not ')'"),
        ("0 < errors < 5", 12, "a comparison has two sides: join two comparisons by and"),
        ("1 < 2", 1, "compares two numbers: one side must be a figure"),
        ("(errors > 0", 12, "expected ) to close the parenthesis, not the end"),
        ("p99(a > 1ms", 7, "expected ) after the names of p99, not '>'"),
        ("p99(a,) > 1ms", 7, "expected the name of a stack or scenario, not ')'"),
        ("p99(and) > 1ms", 5, "expected the name of a stack or scenario, not 'and'"),
        ("p99.middle(a) > 1ms", 1, "'p99.middle': after the dot stands low, point, high"),
        ("p99(a) > 5kg", 10, "'kg' is no unit: ms, s, %, x, MiB, GiB, rps"),
        ("p99(a) > 1e3", 10, "'1e3' is no number such as 2, 0.95, 100ms or 1%"),
        ("p99(a) > 1.2.3", 10, "'1.2.3' is no number such as 2, 0.95, 100ms or 1%"),
        (f"errors > {'9' * 400}", 10, "is no number such as 2, 0.95, 100ms or 1%"),
        ("errors = 0", 8, "= is no part of a condition: two measured figures are never equal: write <= or >="),
        ("errors != 0", 8, "!= is no part of a condition: two measured figures are never equal: write <= or >="),
        ("errors > 0 && void > 0", 12, "&& is no part of a condition: write and"),
        ("errors > 0 || void > 0", 12, "|| is no part of a condition: write or"),
        ("!errors > 0", 1, "! is no part of a condition: write not"),
        ("p99('a) > 1ms", 5, "' is no part of a condition: the quote is not closed"),
        ('p99("") > 1ms', 5, "an empty name"),
        ("'errors' > 0", 1, "expected a figure such as p99(STACK), or a number, not 'errors'"),
        (DEEP, DEEPEST + 2, f"nested deeper than {DEEPEST} levels"),
        ("not " * (DEEPEST + 1) + "errors > 0", 4 * (DEEPEST + 1) + 1, f"nested deeper than {DEEPEST} levels"),
        ("x" * (LONGEST + 1), 1, f"longer than {LONGEST} characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_column(text: str, column: int, told: str) -> None:
    """Each mistake has its own message, and a caret below the first character of what is wrong."""
    with pytest.raises(ConditionError) as raised:
        parse(text)
    assert told in raised.value.problem
    assert raised.value.span.start + 1 == column


def test_an_error_shows_the_place() -> None:
    """The message is three lines: what and where, the condition, the caret."""
    with pytest.raises(ConditionError) as raised:
        parse("p99(fast) > 100kg or errors > 0")
    assert str(raised.value) == (
        "--fail-on: column 13: 'kg' is no unit: ms, s, %, x, MiB, GiB, rps\n"
        "  p99(fast) > 100kg or errors > 0\n"
        "              ^^^^^"
    )
