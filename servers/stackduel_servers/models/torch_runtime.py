"""PyTorch as a second runtime: the weights of the ONNX files in networks of PyTorch's own layers.

It is for a machine whose GPU only PyTorch can use; ``torch-cpu`` is the same code without a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional

from stackduel_servers.models.base import Array
from stackduel_servers.models.store import ModelError

LSTM_LAYERS = 3
# ONNX keeps an LSTM's gates as input, output, forget, cell; torch as input, forget, cell, output.
GATES = (0, 2, 3, 1)

Tensors = Mapping[str, Any]
Network = Callable[[Any], Sequence[Any]]


class TorchSession:
    """Runs one network with the interface of an ONNX Runtime session; any number of threads may call it at once."""

    def __init__(self, graph: bytes, name: str, device: str) -> None:
        build = _NETWORKS.get(name)
        if build is None:
            raise ModelError(f"{name}: has no network for PyTorch; those that have one are {', '.join(_NETWORKS)}")
        # As with ONNX Runtime: the calling pool decides how much runs at once, and TF32 is off.
        torch.set_num_threads(1)
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        self._device = torch.device(device)
        model = onnx.load_from_string(graph)
        weights = {
            each.name: torch.tensor(numpy_helper.to_array(each), device=self._device)
            for each in model.graph.initializer
        }
        self._outputs = tuple(output.name for output in model.graph.output)
        self._network = build(weights)

    def run(self, names: Sequence[str], given: Mapping[str, Array]) -> list[Array]:
        """Return the named outputs for the one input: one transfer to the device, and one back."""
        (batch,) = given.values()
        with torch.inference_mode():
            outputs: Array = torch.stack(tuple(self._network(torch.tensor(batch, device=self._device)))).cpu().numpy()
        by_name = dict(zip(self._outputs, outputs, strict=True))
        return [np.ascontiguousarray(by_name[name]) for name in names]


def _fast_cnn(weights: Tensors) -> Network:
    """Build the network: samples [batch, 48000] -> two embeddings [batch, 192]."""
    layers = sorted(name.removesuffix(".weight") for name in weights if name.startswith("conv_") and "weight" in name)
    strides = (8, 4, 2, 2, 2, 2, 2)

    def network(samples: Any) -> Sequence[Any]:
        layer = samples[:, None, None, :]
        for name, stride in zip(layers, strides, strict=True):
            layer = functional.conv2d(layer, weights[f"{name}.weight"], weights[f"{name}.bias"], stride=(1, stride))
            layer = functional.relu(layer)
        pooled = torch.cat([layer.mean(dim=(2, 3)), layer.amax(dim=(2, 3))], dim=1)
        hidden = functional.relu(functional.linear(pooled, weights["hidden.weight"], weights["hidden.bias"]))
        return [
            functional.normalize(functional.linear(hidden, weights[f"{head}.weight"], weights[f"{head}.bias"]))
            for head in ("speaker_a", "speaker_b")
        ]

    return network


def _speaker(weights: Tensors) -> Network:
    """Build the network: mel spectra [windows, 160, 40] -> embeddings [windows, 256]."""
    lstm = _lstm(weights)

    def network(spectra: Any) -> Sequence[Any]:
        _, (state, _) = lstm(spectra)
        raw = functional.relu(functional.linear(state[-1], weights["linear.weight"], weights["linear.bias"]))
        return [functional.normalize(raw)]

    return network


def _lstm(weights: Tensors) -> Any:
    first = weights["lstm_0.w"]
    made = torch.nn.LSTM(first.shape[2], first.shape[1] // 4, LSTM_LAYERS, batch_first=True, device=first.device)
    state: dict[str, Any] = {}
    for layer in range(LSTM_LAYERS):
        inward, outward = weights[f"lstm_{layer}.b"][0].chunk(2)
        parts = {
            "weight_ih": weights[f"lstm_{layer}.w"][0],
            "weight_hh": weights[f"lstm_{layer}.r"][0],
            "bias_ih": inward,
            "bias_hh": outward,
        }
        state |= {f"{name}_l{layer}": _regated(part) for name, part in parts.items()}
    made.load_state_dict(state)
    return made.eval()


def _regated(part: Any) -> Any:
    gates = part.chunk(4)
    return torch.cat([gates[gate] for gate in GATES])


_NETWORKS: Mapping[str, Callable[[Tensors], Network]] = MappingProxyType(
    {"fast-cnn.onnx": _fast_cnn, "speaker.onnx": _speaker}
)
