"""Answers of models in every form, made up for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackduel.model.model_output import Form


def answered(outputs: Mapping[str, NDArray[Any]], form: Form, names: str = "speaker") -> bytes:
    """The body of an answer with these outputs."""
    floats = {name: np.asarray(values, "<f4") for name, values in outputs.items()}
    if form == "json":
        shown = {name: [float(each) for each in values] for name, values in outputs.items()}
        return json.dumps({"model": names, "outputs": shown}).encode()
    if form == "float32":
        return b"".join(values.tobytes() for values in floats.values())
    if form == "kserve":
        described = [
            {
                "name": name, "datatype": "FP32", "shape": list(values.shape),
                "parameters": {"binary_data_size": values.nbytes},
            }
            for name, values in floats.items()
        ]  # fmt: skip
        header = json.dumps({"model_name": names, "outputs": described}).encode()
        return header + b"".join(values.tobytes() for values in floats.values())
    return grpc_answer(floats)


def grpc_answer(outputs: Mapping[str, NDArray[Any]]) -> bytes:
    """A ModelInferResponse."""
    from tritonclient.grpc import service_pb2

    answer = service_pb2.ModelInferResponse(model_name="speaker")
    for name, values in outputs.items():
        answer.outputs.add(name=name, datatype="FP32", shape=values.shape)
        answer.raw_output_contents.append(values.tobytes())
    return bytes(answer.SerializeToString())
