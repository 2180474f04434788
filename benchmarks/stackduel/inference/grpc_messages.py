"""KServe's messages over gRPC, encoded and decoded by tritonclient's generated code (needs the extra `inference`).

A request is encoded once and its bytes are sent many times, so the generator does little work for each request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2
from tritonclient.utils import np_to_triton_dtype, triton_to_np_dtype


def infer_request(model: str, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str]) -> bytes:
    """Encode the request to a model for ``outputs`` from ``inputs``."""
    request = service_pb2.ModelInferRequest(model_name=model)
    for name, tensor in inputs.items():
        request.inputs.add(name=name, datatype=np_to_triton_dtype(tensor.dtype), shape=tensor.shape)
        request.raw_input_contents.append(np.ascontiguousarray(tensor).tobytes())
    for name in outputs:
        request.outputs.add(name=name)
    return bytes(request.SerializeToString())


def outputs_of(body: bytes) -> dict[str, NDArray[Any]]:
    """Decode the tensors of an answer by name; raises ValueError if it is not an answer."""
    try:
        answer = service_pb2.ModelInferResponse.FromString(body)
    except Exception as error:  # protobuf's DecodeError, whose module differs between its implementations
        raise ValueError("not a ModelInferResponse") from error
    if len(answer.raw_output_contents) != len(answer.outputs):
        raise ValueError(f"{len(answer.outputs)} outputs, and the bytes of {len(answer.raw_output_contents)}")
    return {
        output.name: np.frombuffer(raw, triton_to_np_dtype(output.datatype)).reshape(list(output.shape))
        for output, raw in zip(answer.outputs, answer.raw_output_contents, strict=True)
    }
