"""Outputs compared number by number, within a tolerance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from stackduel.inference.answer_formats import read
from stackduel.inference.output_comparison import differences, first_difference
from tests.stackduel.answered import answered

RIGHT = {"a": np.array([0.25, -0.5]), "b": np.array([100.0])}


def test_forms_can_be_compared_with_each_other() -> None:
    """Outputs without names are compared with named ones, in order; another number is seen there, too."""
    raw = read(answered(RIGHT, "float32"), "float32")
    assert first_difference(raw, read(answered(RIGHT, "json"), "json"), 1e-5) is None
    assert first_difference(read(answered(RIGHT, "kserve"), "kserve"), raw, 1e-5) is None
    assert (
        first_difference(raw, {"a": np.array([0.25, -0.6]), "b": RIGHT["b"]}, 1e-5)
        == "outputs[1]: -0.5 instead of -0.6"
    )


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"a": [0.25, -0.5 + 0.9e-5], "b": [100.0009]}, None),
        ({"a": [0.25, -0.5 + 1.1e-5], "b": [100.0]}, "output a[1]: -0.499989 instead of -0.5"),
        ({"a": [0.25, -0.5], "b": [100.0011]}, "output b[0]: 100.0011 instead of 100"),
        ({"a": [0.25], "b": [100.0]}, "output a: 1 numbers instead of 2"),
        ({"a": [0.25, -0.5]}, "outputs a instead of a, b"),
        ({"a": [0.25, float("nan")], "b": [100.0]}, "output a[1]: nan instead of -0.5"),
        ({"a": [float("inf"), -0.5], "b": [100.0]}, "output a[0]: inf instead of 0.25"),
    ],
)
def test_the_first_difference_is_told(found: Mapping[str, list[float]], told: str | None) -> None:
    """Within the tolerance is right, absolutely below 1 and relatively above; anything else is named."""
    assert first_difference({name: np.array(values) for name, values in found.items()}, RIGHT, 1e-5) == told


def test_the_contract_counts_names_order_and_shapes() -> None:
    """Another name, another order or another shape is another answer; of nothing the width does not matter."""
    table = {"a": RIGHT["a"], "b": np.array([[1.0, 2.0]])}
    assert differences(table, table) == []
    assert differences({"a": table["a"]}, table) == ["outputs a instead of a, b"]
    assert differences(dict(reversed(table.items())), table) == ["outputs b, a instead of a, b"]
    assert differences({**table, "b": np.array([1.0, 2.0])}, table) == ["output b: shape (2,) instead of (1, 2)"]
    assert differences({"n": np.empty((0,))}, {"n": np.empty((0, 4))}) == []


def test_the_contract_tells_of_each_output() -> None:
    """Not of the first alone."""
    wrong = {"a": np.array([0.25, np.nan]), "b": np.array([100.0011])}
    assert differences(wrong, RIGHT) == ["output a[1]: nan instead of -0.5", "output b[0]: 100.0011 instead of 100"]
