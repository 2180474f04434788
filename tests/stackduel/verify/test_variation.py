"""Answers that differ from themselves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.content.content import Content
from stackduel.load.content.differences import differences
from stackduel.load.content.place_rules import rules_of
from stackduel.verify.variation import varying_places

# Few names and values, so that two documents are often alike in part.
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["a", "b", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "a b", "$", "x.y"]), inner),
    max_leaves=25,
)


@given(VALUES, st.lists(VALUES, min_size=1, max_size=3), st.sampled_from(["json", "text"]))
def test_an_answer_that_was_seen_is_right(first: Any, others: list[Any], kind: Any) -> None:
    """Whatever varied between answers is no difference of any of them from the first."""
    places = varying_places(Content(kind, first), [Content(kind, other) for other in others], ())
    for other in [first, *others]:
        assert list(differences(other, first, rules_of((), places))) == []


@given(VALUES)
def test_what_stays_the_same_does_not_vary(value: Any) -> None:
    """No place of equal answers is let off."""
    assert varying_places(Content("json", value), [Content("json", value)] * 2, ()) == ()


@pytest.mark.parametrize(
    ("first", "other", "places"),
    [
        ({"id": 1, "n": 1}, {"id": 2, "n": 1}, {"$.id": ("number",)}),
        ({"a": None}, {"a": "x"}, {"$.a": ("null", "string")}),
        ({"a": 1}, {}, {"$.a": ("absent", "number")}),
        ({}, {"a": 1}, {"$.a": ("absent", "number")}),
        ({"by": {"x1": 1}}, {"by": {"x2": 1}}, {"$.by": ("object",)}),
        ([1, 2], [1, 2, 3], {"$": ("array",)}),
        ([{"id": 1}, {"id": 2}], [{"id": 3}, {"id": 4}], {"$[0].id": ("number",), "$[1].id": ("number",)}),
        ([{"id": n, "k": 0} for n in range(5)], [{"id": -1, "k": 0} for _ in range(5)], {"$[*].id": ("number",)}),
    ],
)
def test_a_place_that_varies_has_the_kinds_that_were_seen(
    first: Any, other: Any, places: dict[str, tuple[str, ...]]
) -> None:
    """Members that come and go may be absent; objects with keys of their own vary as a whole, long arrays at once."""
    found = varying_places(Content("json", first), [Content("json", other)], ())
    assert {each.path: each.kinds for each in found} == places


def test_lines_of_text_vary_one_by_one() -> None:
    """Three lines that differ do not let off the whole page."""
    first, other = ([f"{line}{suffix}\n" for line in "abcdef"] for suffix in ("", "!"))
    other[4:] = first[4:]
    found = varying_places(Content("text", first), [Content("text", other)], ())
    assert [each.path for each in found] == ["$[0]", "$[1]", "$[2]", "$[3]"]
