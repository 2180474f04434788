"""Places in a JSON value, and their texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.json_path import JsonPath, json_path_text, parse_json_path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("$", ()),
        ("$.took", ("took",)),
        ("$.items[3].price", ("items", 3, "price")),
        ("$.items[*].id", ("items", None, "id")),
        ("$.*.id", (None, "id")),
        ('$["a b"].c', ("a b", "c")),
        ("$.x-y.größe", ("x-y", "größe")),
    ],
)
def test_a_path_is_read(text: str, path: JsonPath) -> None:
    """Names, numbers, quoted names, and all of them."""
    assert parse_json_path(text) == path


@pytest.mark.parametrize("text", ["", "took", ".took", "$took", "$.", "$[", "$[x]", "$[-1]", "$..a", "$.a b", '$["a]'])
def test_what_is_no_path_is_refused(text: str) -> None:
    """With an error that says where."""
    with pytest.raises(ValueError, match=r"must start with \$|is none of"):
        parse_json_path(text)


@given(st.lists(st.none() | st.integers(0, 999_999_999) | st.text(min_size=1)).map(tuple))
def test_a_path_survives_its_text(path: JsonPath) -> None:
    """Whatever letters are in its names."""
    assert parse_json_path(json_path_text(path)) == path
