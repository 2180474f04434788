"""The networks that are built here, not taken from a package: fast-cnn and speaker. Needs the package onnx."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
SEED = 20
# Output channels, kernel and stride of each convolution over time.
CONVOLUTIONS = ((64, 16, 8), (112, 4, 4), (128, 3, 2), (192, 3, 2), (256, 3, 2), (384, 3, 2), (512, 3, 2))
HIDDEN = 776
EMBEDDING = 192
SAMPLES = 48_000
LSTM_LAYERS = 3
LSTM_UNITS = 256
MEL_FRAMES = 160
MEL_BANDS = 40
# Torch keeps an LSTM's gates as input, forget, cell, output; ONNX as input, output, forget, cell.
GATES = (0, 3, 1, 2)
SMALLEST_NORM = 1e-12

Weights = Mapping[str, NDArray[np.float32]]
Constants = dict[str, NDArray[Any]]
Shapes = Mapping[str, tuple[int | str, ...]]


def fast_cnn() -> bytes:
    """Return the network of fast-cnn, [batch, 48000] -> two [batch, 192] of length one; the same bytes each time."""
    weights = fast_cnn_weights()
    nodes = [helper.make_node("Reshape", ["samples", "as_picture"], ["layer_0"])]
    for index, (_, kernel, stride) in enumerate(CONVOLUTIONS):
        inputs = [f"layer_{index}", f"conv_{index}.weight", f"conv_{index}.bias"]
        nodes += [
            helper.make_node("Conv", inputs, [f"conv_{index}"], kernel_shape=[1, kernel], strides=[1, stride]),
            helper.make_node("Relu", [f"conv_{index}"], [f"layer_{index + 1}"]),
        ]
    last = f"layer_{len(CONVOLUTIONS)}"
    nodes += [
        helper.make_node("GlobalAveragePool", [last], ["mean"]),
        helper.make_node("GlobalMaxPool", [last], ["most"]),
        helper.make_node("Concat", ["mean", "most"], ["pooled"], axis=1),
        helper.make_node("Flatten", ["pooled"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "hidden.weight", "hidden.bias"], ["hidden"], transB=1),
        helper.make_node("Relu", ["hidden"], ["active"]),
    ]
    for name in ("speaker_a", "speaker_b"):
        inputs = ["active", f"{name}.weight", f"{name}.bias"]
        nodes += [helper.make_node("Gemm", inputs, [f"{name}_raw"], transB=1), *_unit_length(f"{name}_raw", name)]
    constants: Constants = {"as_picture": np.array([-1, 1, 1, SAMPLES], dtype=np.int64), **weights}
    outputs = dict.fromkeys(("speaker_a", "speaker_b"), ("batch", EMBEDDING))
    return _model("fast-cnn", nodes, {"samples": ("batch", SAMPLES)}, outputs, constants)


def fast_cnn_weights() -> Weights:
    """Return He's uniform initialisation from the legacy generator, whose numbers are the same in every numpy.

    It is uniform, because a normal distribution takes logarithms, which differ in the last bit between platforms.
    """
    random = np.random.RandomState(SEED)
    shapes: dict[str, tuple[int, ...]] = {}
    channels = 1
    for index, (out, kernel, _) in enumerate(CONVOLUTIONS):
        shapes[f"conv_{index}"] = (out, channels, 1, kernel)
        channels = out
    shapes["hidden"] = (HIDDEN, 2 * channels)
    shapes["speaker_a"] = shapes["speaker_b"] = (EMBEDDING, HIDDEN)
    weights: dict[str, NDArray[np.float32]] = {}
    for name, shape in shapes.items():
        bound = np.sqrt(6 / np.prod(shape[1:]))
        weights[f"{name}.weight"] = ((random.random_sample(shape) * 2 - 1) * bound).astype(np.float32)
        weights[f"{name}.bias"] = ((random.random_sample(shape[0]) * 2 - 1) * 0.05).astype(np.float32)
    return weights


def speaker(torch_weights: Weights) -> bytes:
    """Return the speaker network: mel [windows, 160, 40] -> [windows, 256] of length one, with the weights of torch."""
    constants: Constants = {
        "linear.weight": torch_weights["linear.weight"],
        "linear.bias": torch_weights["linear.bias"],
        "first": np.array([0], dtype=np.int64),
        "direction": np.array([1], dtype=np.int64),
    }
    nodes = [helper.make_node("Transpose", ["mel"], ["sequence_0"], perm=[1, 0, 2])]
    for layer in range(LSTM_LAYERS):
        constants |= _lstm_weights(torch_weights, layer)
        inputs = [f"sequence_{layer}", f"lstm_{layer}.w", f"lstm_{layer}.r", f"lstm_{layer}.b"]
        is_last = layer == LSTM_LAYERS - 1
        outputs = ["", "state"] if is_last else [f"directions_{layer}"]
        nodes.append(helper.make_node("LSTM", inputs, outputs, hidden_size=LSTM_UNITS))
        if not is_last:
            nodes.append(helper.make_node("Squeeze", [f"directions_{layer}", "direction"], [f"sequence_{layer + 1}"]))
    nodes += [
        helper.make_node("Squeeze", ["state", "first"], ["last"]),
        helper.make_node("Gemm", ["last", "linear.weight", "linear.bias"], ["linear"], transB=1),
        helper.make_node("Relu", ["linear"], ["raw"]),
        *_unit_length("raw", "embedding"),
    ]
    mel = ("windows", MEL_FRAMES, MEL_BANDS)
    return _model("speaker", nodes, {"mel": mel}, {"embedding": ("windows", LSTM_UNITS)}, constants)


def _lstm_weights(torch_weights: Weights, layer: int) -> dict[str, NDArray[np.float32]]:
    def gates(name: str) -> NDArray[np.float32]:
        parts = np.split(torch_weights[f"lstm.{name}_l{layer}"], 4)
        return np.concatenate([parts[gate] for gate in GATES])

    return {
        f"lstm_{layer}.w": gates("weight_ih")[None],
        f"lstm_{layer}.r": gates("weight_hh")[None],
        f"lstm_{layer}.b": np.concatenate([gates("bias_ih"), gates("bias_hh")])[None],
    }


def _unit_length(given: str, out: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("ReduceL2", [given], [f"{out}_norm"], axes=[1], keepdims=1),
        helper.make_node("Max", [f"{out}_norm", "smallest"], [f"{out}_length"]),
        helper.make_node("Div", [given, f"{out}_length"], [out]),
    ]


def _model(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    inputs: Shapes,
    outputs: Shapes,
    constants: Constants,
) -> bytes:
    every = {"smallest": np.array(SMALLEST_NORM, dtype=np.float32), **constants}
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(each, TensorProto.FLOAT, shape) for each, shape in inputs.items()],
        [helper.make_tensor_value_info(each, TensorProto.FLOAT, shape) for each, shape in outputs.items()],
        [numpy_helper.from_array(array, each) for each, array in every.items()],
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="stackduel")
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
