"""The binary form of KServe's protocol, version 2, as Triton speaks it over HTTP: tensors to bytes and back.

A body is a JSON header that describes the tensors, followed by their bytes, little-endian, in the header's order. The
HTTP field ``Inference-Header-Content-Length`` holds the length of that header.
Source: Triton's "binary tensor data extension" to KServe's "predict protocol, version 2".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Tensor: TypeAlias = NDArray[Any]

HEADER_LENGTH = "Inference-Header-Content-Length"
CONTENT_TYPE = "application/octet-stream"

DATATYPES: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
_NAMES = {dtype: name for name, dtype in DATATYPES.items()}


class KServeError(ValueError):
    """The answer is not valid in the protocol, or is the server's own error; the message says which."""


def target(model: str) -> str:
    """Return the path that a model's requests are posted to."""
    return f"/v2/models/{model}/infer"


def encode_request(inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> tuple[bytes, int]:
    """Return the body that requests ``outputs`` for ``inputs``, and the header's length for ``HEADER_LENGTH``.

    Raises KServeError for a tensor type that the protocol does not have.
    """
    parts, described = [], []
    for name, tensor in inputs.items():
        datatype = _NAMES.get(tensor.dtype.newbyteorder("<"))
        if datatype is None:
            raise KServeError(f"input {name}: tensors of {tensor.dtype} cannot be sent")
        part = np.ascontiguousarray(tensor, DATATYPES[datatype]).tobytes()
        size = {"binary_data_size": len(part)}
        described.append({"name": name, "shape": tensor.shape, "datatype": datatype, "parameters": size})
        parts.append(part)
    requested = [{"name": name, "parameters": {"binary_data": True}} for name in outputs]
    header = json.dumps({"inputs": described, "outputs": requested}, separators=(",", ":")).encode()
    return b"".join([header, *parts]), len(header)


def decode_response(body: bytes, header_length: int | None) -> dict[str, Tensor]:
    """Return the answer's tensors by name; ``header_length`` is the field ``HEADER_LENGTH``, None without one.

    Raises KServeError for an error of the server and for a malformed answer.
    """
    end = len(body) if header_length is None else header_length
    if not 0 <= end <= len(body):
        raise KServeError(f"the header is said to be {end} bytes long, and the whole answer has {len(body)}")
    tensors, at = {}, end
    for described in _outputs(body[:end]):
        name, dtype, shape = _description(described)
        size = _binary_size(name, described)
        if size is None:
            tensors[name] = _from_numbers(name, described.get("data"), dtype, shape)
        else:
            tensors[name] = _from_bytes(name, body[at : at + size], size, dtype, shape)
            at += size
    if at != len(body):
        raise KServeError(f"{len(body) - at} bytes follow the last tensor")
    return tensors


def _outputs(header: bytes) -> list[Mapping[str, Any]]:
    try:
        answer = json.loads(header)
    except ValueError as error:
        raise KServeError("the header is no JSON") from error
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        raise KServeError(answer["error"])
    outputs = answer.get("outputs") if isinstance(answer, dict) else None
    if not isinstance(outputs, list) or not all(isinstance(each, dict) for each in outputs):
        raise KServeError("the header has no list of outputs")
    return outputs


def _description(described: Mapping[str, Any]) -> tuple[str, np.dtype[Any], tuple[int, ...]]:
    name, datatype, shape = (described.get(key) for key in ("name", "datatype", "shape"))
    if not isinstance(name, str):
        raise KServeError("an output has no name")
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        raise KServeError(f"output {name}: datatype {datatype!r} is not one of {', '.join(DATATYPES)}")
    if not isinstance(shape, list) or not all(type(side) is int and side >= 0 for side in shape):
        raise KServeError(f"output {name}: shape {shape!r} is no list of sizes")
    return name, DATATYPES[datatype], tuple(shape)


def _binary_size(name: str, described: Mapping[str, Any]) -> int | None:
    parameters = described.get("parameters")
    if not isinstance(parameters, dict) or "binary_data_size" not in parameters:
        return None
    size = parameters["binary_data_size"]
    if type(size) is not int or size < 0:
        raise KServeError(f"output {name}: binary_data_size {size!r} is no size")
    return size


def _from_bytes(name: str, part: bytes, size: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Tensor:
    if len(part) != size:
        raise KServeError(f"output {name}: {size} bytes are promised, and {len(part)} are there")
    if size != math.prod(shape) * dtype.itemsize:
        raise KServeError(f"output {name}: {size} bytes are no tensor of shape {list(shape)}")
    return np.frombuffer(part, dtype).reshape(shape)


def _from_numbers(name: str, numbers: object, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Tensor:
    refusal = KServeError(f"output {name}: its data is no tensor of shape {list(shape)}")
    try:
        kind, tensor = np.array(numbers).dtype.kind, np.array(numbers, dtype).reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise refusal from error
    # With a dtype given, numpy would turn strings into numbers and null into NaN.
    if kind not in "biuf":
        raise refusal
    return tensor
