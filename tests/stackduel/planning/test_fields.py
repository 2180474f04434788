"""Checked reading of TOML tables."""

from __future__ import annotations

from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.planning.fields import Fields


def fields(**table: Any) -> Fields:
    return Fields("here", table)


def test_values_come_out_as_they_are() -> None:
    """Every kind of field returns a value within its bounds unchanged."""
    taken = fields(a="x", b=3, c=1.5, d=["p", "q"], e={"k": 1}, f=[{"z": 1}], g="red")
    assert taken.text("a") == "x"
    assert taken.integer("b", 0, 3) == 3
    assert taken.number("c", 0, 2) == 1.5
    assert taken.texts("d") == ("p", "q")
    assert taken.table("e") == {"k": 1}
    assert taken.tables("f") == [{"z": 1}]
    assert taken.choice("g", ("red", "blue")) == "red"
    taken.finish()


@pytest.mark.parametrize(
    ("call", "value", "told"),
    [
        (lambda f: f.text("x"), 3, "here: x: must be a text"),
        (lambda f: f.text("x"), "", "here: x: must be a text"),
        (lambda f: f.integer("x", 1, 9), 10, "here: x: must be a whole number from 1 to 9"),
        (lambda f: f.integer("x", 1, 9), True, "here: x: must be a whole number"),
        (lambda f: f.integer("x", 1, 9), 2.0, "here: x: must be a whole number"),
        (lambda f: f.number("x", 0, 1), 1.1, "here: x: must be a number from 0 to 1"),
        (lambda f: f.number("x", 0, 1), float("nan"), "here: x: must be a number from 0 to 1"),
        (lambda f: f.choice("x", ("a", "b")), "c", "here: x: must be one of a, b"),
        (lambda f: f.texts("x"), ["a", 1], "here: x: must be a list of texts"),
        (lambda f: f.table("x"), [], "here: x: must be a table"),
        (lambda f: f.tables("x"), {}, "here: x: must be an array of tables"),
    ],
)
def test_a_wrong_value_is_told_with_field_and_bound(call: Any, value: Any, told: str) -> None:
    """A value of the wrong type or out of its bounds raises an error that names the field and the bound."""
    with pytest.raises(FieldError, match=r"^here: x: ") as raised:
        call(fields(x=value))
    assert str(raised.value).startswith(told)


def test_missing_and_unknown_fields_are_errors() -> None:
    """A field without a default must be there, and one that nobody knows must not."""
    with pytest.raises(FieldError, match="here: name: is missing"):
        fields().text("name")
    taken = fields(known=1, strange=2)
    taken.integer("known", 0, 9)
    with pytest.raises(FieldError, match=r"here: strange: unknown field \(known: known\)"):
        taken.finish()


def test_defaults_serve_for_what_is_missing() -> None:
    """A default is returned for a missing field, None included."""
    assert fields().integer("x", 1, 9, default=None) is None
    assert fields().number("x", 1, 9, default=2.0) == 2.0
    assert fields().text("x", default="") == ""
