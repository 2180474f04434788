"""Numbers in answers: read from every form alike, and compared within a tolerance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from benchmarks.inference.outputs import ALL, Form, NumbersError, compared, read
from tests.benchmarks.answered import answered

RIGHT = {"a": np.array([0.25, -0.5]), "b": np.array([100.0])}
FORMS: tuple[Form, ...] = ("json", "float32", "kserve", "grpc")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_numbers(form: Form) -> None:
    """Whatever an answer's form, its outputs are the same; raw float32 alone does not tell them apart."""
    found = read(answered(RIGHT, form), form)
    assert compared(found, RIGHT, 0.0) is None
    assert set(found) == ({ALL} if form == "float32" else {"a", "b"})


def test_forms_can_be_compared_with_each_other() -> None:
    """Outputs without names are compared with named ones, in order; another number is seen there, too."""
    raw = read(answered(RIGHT, "float32"), "float32")
    assert compared(raw, read(answered(RIGHT, "json"), "json"), 1e-5) is None
    assert compared(read(answered(RIGHT, "kserve"), "kserve"), raw, 1e-5) is None
    assert compared(raw, {"a": np.array([0.25, -0.6]), "b": RIGHT["b"]}, 1e-5) == "outputs[1]: -0.5 instead of -0.6"


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
    assert compared({name: np.array(values) for name, values in found.items()}, RIGHT, 1e-5) == told


@given(stn.arrays(np.float32, st.integers(1, 40), elements=st.floats(-1e6, 1e6, width=32)), st.sampled_from(FORMS))
def test_float32_numbers_survive_every_form(values: np.ndarray[Any, Any], form: Form) -> None:
    """What a model gives in float32 comes back to the last bit."""
    (found,) = read(answered({"a": values}, form), form).values()
    assert np.array_equal(found, values.astype(np.float64))


@pytest.mark.parametrize("form", FORMS)
@given(body=st.binary(max_size=200))
def test_no_body_breaks_the_reader(form: Form, body: bytes) -> None:
    """Whatever a server sends, it either holds numbers or is told to hold none."""
    try:
        read(body, form)
    except NumbersError:
        return


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"outputs": {}}',
        b'{"outputs": {"a": "x"}}',
        b'{"outputs": {"a": [[1], [2, 3]]}}',
        b"[" * 99_999,
    ],
)
def test_json_without_outputs_is_no_answer(body: bytes) -> None:
    """Neither other JSON nor what is none holds numbers."""
    with pytest.raises(NumbersError, match="outputs"):
        read(body, "json")


def test_an_error_of_kserve_is_told() -> None:
    """A server's own words are in the message."""
    with pytest.raises(NumbersError, match="no such model"):
        read(json.dumps({"error": "no such model"}).encode(), "kserve")
