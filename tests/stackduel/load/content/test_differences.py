"""Two values compared, place by place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.content.differences import differences
from stackduel.load.content.place_rules import rules_of
from stackduel.model.expected_content import VaryingPlace
from stackduel.model.json_path import json_path_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def found(mine: Any, other: Any, ignored: tuple[str, ...] = (), varying: tuple[VaryingPlace, ...] = ()) -> list[str]:
    """Where and how two values differ."""
    return [f"{json_path_text(each.path)} {each.kind}" for each in differences(mine, other, rules_of(ignored, varying))]


@given(VALUES)
def test_a_value_is_the_same_after_any_writer(value: Any) -> None:
    """Spaces, escapes and the order of keys are no difference; not a number is itself."""
    written = json.dumps(value, indent=3, ensure_ascii=True, sort_keys=True)
    assert found(json.loads(written), value) == []


@pytest.mark.parametrize(
    ("mine", "other", "told"),
    [
        (1, 1.0, []),
        (1, True, ["$ kind"]),
        (None, False, ["$ kind"]),
        ({"a": 1}, {"a": 2}, ["$.a value"]),
        ({"a": 1}, {"a": "1"}, ["$.a kind"]),
        ({}, {"a": 1}, ["$.a missing"]),
        ({"a": 1}, {}, ["$.a unexpected"]),
        ([1, 2], [1], ["$ length"]),
        ([1, [2, {"x": 3}]], [1, [2, {"x": 4}]], ["$[1][1].x value"]),
        ({"i": [{"p": 1}, {"p": 2}]}, {"i": [{"p": 9}, {"p": 9}]}, ["$.i[0].p value", "$.i[1].p value"]),
        ([2, 1], [1, 2], ["$[0] value", "$[1] value"]),
        ("é", "e\u0301", ["$ value"]),
        (b"a", b"b", ["$ value"]),
    ],
)  # fmt: skip
def test_a_difference_is_told_by_its_place(mine: Any, other: Any, told: list[str]) -> None:
    """In the order of the document."""
    assert found(mine, other) == told


@pytest.mark.parametrize("ignored", ["$.took", "$.*", "$"])
def test_what_is_ignored_may_be_anything(ignored: str) -> None:
    """Another value, another kind, or nothing at all."""
    for mine in ({"took": 2}, {"took": "long"}, {}):
        assert found(mine, {"took": 1}, (ignored,)) == []
    assert found({"took": 1}, {}, (ignored,)) == []


def test_an_ignored_place_hides_no_other() -> None:
    """Its neighbours are compared."""
    mine = {"items": [{"id": 1, "p": 1}, {"id": 2, "p": 2}], "id": 3}
    other = {"items": [{"id": 7, "p": 1}, {"id": 8, "p": 3}], "id": 4}
    assert found(mine, other, ("$.items[*].id",)) == ["$.items[1].p value", "$.id value"]
    assert found(mine, other, ("$.items[0].id", "$.id")) == ["$.items[1].id value", "$.items[1].p value"]


def test_what_varies_counts_by_its_kind() -> None:
    """Another value is right, another kind is wrong, and absent only where that was seen."""
    varying = (VaryingPlace("$.id", ("string",)), VaryingPlace("$.next", ("absent", "null", "number")))
    right = {"id": "a", "next": None}
    assert found({"id": "b", "next": 5}, right, varying=varying) == []
    assert found({"id": "b"}, right, varying=varying) == []
    assert found({"id": 7, "next": None}, right, varying=varying) == ["$.id kind"]
    assert found({"next": None}, right, varying=varying) == ["$.id missing"]


def test_deep_values_are_compared_to_the_ground() -> None:
    """However deep: no recursion is spent on them."""
    mine: Any = 1
    other: Any = 2
    for _ in range(50_000):
        mine, other = [mine], [other]
    assert len(list(differences(mine, other, ()))) == 1
