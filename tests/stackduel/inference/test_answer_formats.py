"""Outputs in answers: read from every form alike."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from stackduel.inference.answer_formats import ALL, NumbersError, read, split
from stackduel.inference.output_comparison import first_difference
from stackduel.model.model_output import Form
from tests.stackduel.answered import answered

RIGHT = {"a": np.array([0.25, -0.5]), "b": np.array([100.0])}
FORMS: tuple[Form, ...] = ("json", "float32", "kserve", "grpc")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_numbers(form: Form) -> None:
    """Whatever an answer's form, its outputs are the same; raw float32 alone does not tell them apart."""
    found = read(answered(RIGHT, form), form)
    assert first_difference(found, RIGHT, 0.0) is None
    assert set(found) == ({ALL} if form == "float32" else {"a", "b"})


@given(stn.arrays(np.float32, st.integers(1, 40), elements=st.floats(-1e6, 1e6, width=32)), st.sampled_from(FORMS))
def test_float32_numbers_survive_every_form(values: np.ndarray[Any, Any], form: Form) -> None:
    """A model's answer in float32 comes back to the last bit."""
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
        b'{"outputs": {"a": [[1], 2]}}',
        b'{"outputs": {"a": [0.5, true]}}',
        b'{"outputs": {"a": [0.5, null]}}',
        b'{"outputs": {"a": {"b": 1}}}',
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


def test_raw_answers_are_split_by_their_header() -> None:
    """The header says where one output ends and the next begins, and what its shape is."""
    raw = {ALL: np.array([0.5, -200, 1, 2])}
    found = split(raw, "a=2,b=1x2")
    assert {name: values.tolist() for name, values in found.items()} == {"a": [0.5, -200], "b": [[1, 2]]}
    for wrong in ("a=2", "a=2,b=1x3", "a=x", "", None):
        with pytest.raises(NumbersError, match="X-Tensors"):
            split(raw, wrong)
