"""Outputs as answers."""

from __future__ import annotations

import json

import numpy as np

from stackduel_servers.core.inference.ask import FLOAT32, Ask
from stackduel_servers.core.inference.outputs import encode

OUTPUTS = {"boxes": np.array([[1.5, 2, 3, 4]], np.float32), "none": np.zeros((0, 10), np.float32)}


def test_json_holds_every_number_as_it_is() -> None:
    """A float32 survives as the same float32, rows as rows, no result as an empty list."""
    thirds = np.arange(1, 100, dtype=np.float32) / np.float32(3)
    answer = encode(Ask("x", FLOAT32), {**OUTPUTS, "thirds": thirds})
    content = json.loads(answer.body)
    assert (answer.status, answer.content_type, answer.headers) == (200, "application/json", ())
    assert content["model"] == "x"
    assert content["outputs"]["boxes"] == [[1.5, 2, 3, 4]]
    assert content["outputs"]["none"] == []
    assert np.array_equal(np.array(content["outputs"]["thirds"], np.float32), thirds)


def test_raw_outputs_follow_one_another_and_a_header_says_where() -> None:
    """Outputs are little-endian float32 in order, with shapes in X-Tensors; strided arrays work too."""
    strided = np.arange(6, dtype=np.float32)[::2]
    answer = encode(Ask("x", FLOAT32, raw=True), {**OUTPUTS, "strided": strided})
    assert answer.headers == (("X-Tensors", "boxes=1x4,none=0x10,strided=3"),)
    assert answer.content_type == "application/octet-stream"
    assert np.array_equal(np.frombuffer(answer.body, "<f4"), [1.5, 2, 3, 4, 0, 2, 4])
