"""Outputs compared number by number."""

from __future__ import annotations

import struct

import pytest

from benchmarks.contract import cases as contract
from benchmarks.contract.cases import Case, Numbers
from benchmarks.contract.numbers import Output, differences, read_json, read_raw

EXPECTED = {"a": Output((2,), (0.5, -200.0)), "b": Output((1, 2), (1.0, 2.0))}
GOOD = b'{"model":"x","outputs":{"a":[0.500009,-200.001],"b":[[1,2.0]]}}'


def test_within_the_tolerance_is_the_same() -> None:
    """1e-5 absolutely below one, relatively above."""
    assert differences(EXPECTED, read_json(GOOD)[1]) == []
    assert differences(EXPECTED, {**EXPECTED, "a": Output((2,), (0.50002, -200.0))}) == [
        "a holds 0.50002 where 0.5 was expected"
    ]
    assert differences(EXPECTED, {**EXPECTED, "a": Output((2,), (0.5, float("nan")))}) != []


def test_names_order_and_shapes_count() -> None:
    """Another name, another order or another shape is another answer; of nothing the width does not matter in JSON."""
    assert differences(EXPECTED, {"a": EXPECTED["a"]}) == ["outputs are a, not a, b"]
    assert differences(EXPECTED, dict(reversed(EXPECTED.items()))) == ["outputs are b, a, not a, b"]
    assert differences({"b": EXPECTED["b"]}, {"b": Output((2,), (1.0, 2.0))}) == ["b has the shape (2,), not (1, 2)"]
    assert differences({"n": Output((0, 4), ())}, {"n": Output((0,), ())}) == []


def test_raw_answers_are_cut_by_their_header() -> None:
    """The header says where one output ends and the next begins."""
    body = struct.pack("<4f", 0.5, -200, 1, 2)
    assert read_raw(body, "a=2,b=1x2") == EXPECTED
    for wrong in ("a=2", "a=2,b=1x3", "a=x", "", None):
        with pytest.raises(ValueError, match=r"X-Tensors says|invalid literal"):
            read_raw(body, wrong)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"outputs":{},"model":"x"}', b'{"model":1,"outputs":{}}', b'{"model":"x","outputs":{"a":["1"]}}',
     b'{"model":"x","outputs":{"a":[true]}}', b'{"model":"x","outputs":{"a":[[1],[1,2]]}}'],
)  # fmt: skip
def test_what_is_no_answer_is_no_answer(body: bytes) -> None:
    """Each is an error that the case tells of, not a crash."""
    with pytest.raises(ValueError, match=r"^(is no|holds|Expecting value)"):
        read_json(body)
    case = Case("x", "/infer/x", Numbers("x", EXPECTED))
    found = contract.differences(case, 200, TIMED, body)
    assert len(found) == 1
    assert "it " in found[0]


TIMED = (
    ("Content-Type", "application/json"),
    ("X-Process-Time", "1.000"),
    ("Server-Timing", "app;dur=1.000"),
)


def test_a_case_takes_either_form() -> None:
    """The same numbers in JSON and raw; of another model they are wrong."""
    case = Case("x", "/infer/x", Numbers("x", EXPECTED))
    assert contract.differences(case, 200, TIMED, GOOD) == []
    assert contract.differences(case, 200, TIMED, GOOD.replace(b'"x"', b'"y"')) == ["model is y, not x"]
    raw = Case("x", "/infer/x", Numbers("x", EXPECTED, raw=True), content_type="application/octet-stream")
    headers = (*TIMED[1:], ("Content-Type", "application/octet-stream"), ("X-Tensors", "a=2,b=1x2"))
    assert contract.differences(raw, 200, headers, struct.pack("<4f", 0.5, -200, 1, 2)) == []
