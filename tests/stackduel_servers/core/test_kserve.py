"""KServe's binary form: tensors survive a round trip, and malformed answers are refused."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from stackduel_servers.core.kserve import DATATYPES, KServeError, Tensor, decode_response, encode_request, target

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
TENSORS = st.sampled_from(sorted(DATATYPES)).flatmap(
    lambda name: arrays(DATATYPES[name], array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
EMBEDDING = {"name": "embedding", "datatype": "FP32", "shape": [2], "parameters": {"binary_data_size": 8}}


def echo(body: bytes, header_length: int) -> tuple[bytes, int]:
    """Return the answer of a server whose outputs are its inputs, written without the codec's own code."""
    header = json.loads(body[:header_length])
    described = json.dumps({"model_name": "echo", "outputs": header["inputs"]}).encode()
    return described + body[header_length:], len(described)


def answer(outputs: Any, binary: bytes = b"") -> tuple[bytes, int]:
    header = json.dumps({"outputs": outputs}).encode()
    return header + binary, len(header)


@given(st.dictionaries(NAMES, TENSORS, max_size=4))
def test_tensors_come_back_as_they_were_sent(tensors: dict[str, Tensor]) -> None:
    """Tensors of any type and shape, also empty ones and scalars, are the same bit for bit after a round trip."""
    found = decode_response(*echo(*encode_request(tensors, list(tensors))))
    assert list(found) == list(tensors)
    for name, tensor in tensors.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape)
        assert found[name].tobytes() == tensor.tobytes()


def test_a_request_is_what_the_protocol_says() -> None:
    """The header names inputs and outputs, and the tensors' bytes follow it, little-endian."""
    body, length = encode_request({"pcm": np.array([1, -2], ">i2"), "gain": np.float32(0.5).reshape(1)}, ["embedding"])
    assert json.loads(body[:length]) == {
        "inputs": [
            {"name": "pcm", "shape": [2], "datatype": "INT16", "parameters": {"binary_data_size": 4}},
            {"name": "gain", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}},
        ],
        "outputs": [{"name": "embedding", "parameters": {"binary_data": True}}],
    }
    assert body[length:] == b"\x01\x00\xfe\xff" + b"\x00\x00\x00\x3f"
    assert target("speech") == "/v2/models/speech/infer"


def test_a_transposed_tensor_is_sent_in_its_own_order() -> None:
    """The elements of a view that is not contiguous arrive in the right order."""
    tensor = np.arange(6, dtype=np.int32).reshape(2, 3).T
    assert np.array_equal(decode_response(*echo(*encode_request({"t": tensor}, [])))["t"], tensor)


def test_what_has_no_name_in_the_protocol_cannot_be_sent() -> None:
    """A tensor of complex numbers is refused by name before it is sent."""
    with pytest.raises(KServeError, match="input t: tensors of complex128 cannot be sent"):
        encode_request({"t": np.zeros(1, np.complex128)}, [])


@pytest.mark.parametrize("with_length", [True, False])
def test_an_answer_in_plain_json_is_read_too(with_length: bool) -> None:
    """Numbers in the JSON header give the same tensors, with or without a header length."""
    body, length = answer([{"name": "t", "datatype": "FP32", "shape": [2, 1], "data": [1.5, 2]}])
    found = decode_response(body, length if with_length else None)
    assert found["t"].dtype == np.float32
    assert found["t"].tolist() == [[1.5], [2.0]]


def test_the_server_s_error_is_told_in_its_own_words() -> None:
    """Triton's errors are a JSON object with one sentence, which becomes the error's message."""
    with pytest.raises(KServeError, match=r"^unexpected shape for input 'pcm'$"):
        decode_response(b'{"error":"unexpected shape for input \'pcm\'"}', None)


@pytest.mark.parametrize(
    ("body", "length", "message"),
    [
        (b"<html>", None, "no JSON"),
        (b"", None, "no JSON"),
        (b"\xff\xfe", 2, "no JSON"),
        (b"[]", None, "no list of outputs"),
        (b"{}", 9, "said to be 9 bytes long, and the whole answer has 2"),
        (b"{}", -1, "said to be -1 bytes long"),
        (b'{"outputs":[1]}', None, "no list of outputs"),
        (*answer([{"datatype": "FP32", "shape": []}]), "has no name"),
        (*answer([{**EMBEDDING, "datatype": "BYTES"}]), "output embedding: datatype 'BYTES' is not one of BOOL"),
        (*answer([{**EMBEDDING, "datatype": ["FP32"]}]), "is not one of"),
        (*answer([{**EMBEDDING, "shape": [-1]}]), r"shape \[-1\] is no list of sizes"),
        (*answer([{**EMBEDDING, "shape": [True]}]), "is no list of sizes"),
        (*answer([{**EMBEDDING, "parameters": {"binary_data_size": -8}}]), "binary_data_size -8 is no size"),
        (*answer([EMBEDDING], b"1234"), "8 bytes are promised, and 4 are there"),
        (*answer([{**EMBEDDING, "shape": [3]}], b"12345678"), r"8 bytes are no tensor of shape \[3\]"),
        (*answer([EMBEDDING], b"123456789"), "1 bytes follow the last tensor"),
        (*answer([{"name": "t", "datatype": "FP32", "shape": [3], "data": [1, 2]}]), r"no tensor of shape \[3\]"),
        (*answer([{"name": "t", "datatype": "INT8", "shape": [1], "data": [300]}]), "output t: its data is no tensor"),
        (*answer([{"name": "t", "datatype": "FP32", "shape": [1], "data": [{}]}]), "output t: its data is no tensor"),
        (*answer([{"name": "t", "datatype": "FP32", "shape": [1], "data": ["1"]}]), "output t: its data is no tensor"),
        (*answer([{"name": "t", "datatype": "FP32", "shape": [1], "data": [None]}]), "output t: its data is no tensor"),
        (*answer([{"name": "t", "datatype": "FP32", "shape": [1]}]), "output t: its data is no tensor"),
    ],
)
def test_a_malformed_answer_is_told(body: bytes, length: int | None, message: str) -> None:
    """Any malformed answer raises KServeError, which names the problem."""
    with pytest.raises(KServeError, match=message):
        decode_response(body, length)


@given(st.binary(max_size=60), st.none() | st.integers(-5, 70))
def test_garbage_never_raises_anything_else(body: bytes, length: int | None) -> None:
    """Random bytes are tensors or a KServeError, never another exception."""
    with suppress(KServeError):
        decode_response(body, length)
