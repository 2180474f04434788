"""Answers of models as cases of the contract."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from stackduel.verify.contract.case import Case, ExpectedNumbers
from stackduel.verify.contract.differences import differences

EXPECTED = {"a": np.array([0.5, -200.0]), "b": np.array([[1.0, 2.0]])}
GOOD = b'{"model":"x","outputs":{"a":[0.500009,-200.001],"b":[[1,2.0]]}}'
TIMED = (
    ("Content-Type", "application/json"),
    ("X-Process-Time", "1.000"),
    ("Server-Timing", "app;dur=1.000"),
)
CASE = Case("x", "/infer/x", ExpectedNumbers("x", EXPECTED))
RAW = Case("x", "/infer/x", ExpectedNumbers("x", EXPECTED, raw=True), content_type="application/octet-stream")


def raw_differences(tensors: str | None) -> list[str]:
    """How raw float32 with this header differs from what is right."""
    headers = (*TIMED[1:], ("Content-Type", "application/octet-stream"), *([("X-Tensors", tensors)] if tensors else []))
    return differences(RAW, 200, headers, struct.pack("<4f", 0.5, -200, 1, 2))


def test_a_case_takes_either_form() -> None:
    """The same numbers in JSON and raw; of another model, in another order or another shape they are wrong."""
    assert differences(CASE, 200, TIMED, GOOD) == []
    assert differences(CASE, 200, TIMED, GOOD.replace(b'"x"', b'"y"')) == ["model is y, not x"]
    assert raw_differences("a=2,b=1x2") == []
    assert raw_differences("b=2,a=1x2") == ["outputs b, a instead of a, b"]
    assert raw_differences("a=2,b=2") == ["output b: shape (2,) instead of (1, 2)"]
    assert raw_differences("a=2,b=1x3")[0].endswith("4 numbers where X-Tensors says 5")
    assert raw_differences(None)[0].endswith("no names and shapes in X-Tensors: None")


def test_every_output_that_differs_is_told() -> None:
    """Each with the first of its numbers that is too far off."""
    wrong = GOOD.replace(b"0.500009", b"0.50002").replace(b"2.0", b"NaN")
    assert differences(CASE, 200, TIMED, wrong) == [
        "output a[0]: 0.50002 instead of 0.5",
        "output b[1]: nan instead of 2",
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no outputs in json: Expecting value"),
        (b"[]", "the answer has no outputs"),
        (b'{"outputs":{"a":[0.5,-200],"b":[[1,2]]},"model":"x"}', "keys are outputs, model, not model, outputs"),
        (b'{"model":1,"outputs":{"a":[0.5,-200],"b":[[1,2]]}}', "model is 1, not x"),
        (b'{"model":"x","outputs":{"a":["1"]}}', "'1' stands where a number belongs"),
        (b'{"model":"x","outputs":{"a":[0.5,true]}}', "True stands where a number belongs"),
        (b'{"model":"x","outputs":{"a":[[1],[1,2]]}}', "no outputs in json"),
    ],
)
def test_what_is_no_answer_is_told(body: bytes, told: str) -> None:
    """Each is a difference that the case tells of, not a crash."""
    (found,) = differences(CASE, 200, TIMED, body)
    assert told in found
