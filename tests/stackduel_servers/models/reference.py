"""The networks of fast-cnn and speaker once more, in float64 and numpy alone, as slow and plain as defined."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Weights = Mapping[str, NDArray[np.float32]]

STRIDES = (8, 4, 2, 2, 2, 2, 2)


def fast_cnn(samples: NDArray[np.float32], weights: Weights) -> dict[str, Numbers]:
    """[48000] -> two embeddings of length one."""
    layer = samples.astype(np.float64)[None]
    for index, stride in enumerate(STRIDES):
        kernel = weights[f"conv_{index}.weight"][:, :, 0].astype(np.float64)
        steps = np.lib.stride_tricks.sliding_window_view(layer, kernel.shape[2], axis=1)[:, ::stride]
        layer = np.maximum(0, np.einsum("ock,ctk->ot", kernel, steps) + weights[f"conv_{index}.bias"][:, None])
    pooled = np.concatenate([layer.mean(axis=1), layer.max(axis=1)])
    hidden = np.maximum(0, weights["hidden.weight"].astype(np.float64) @ pooled + weights["hidden.bias"])
    heads = ("speaker_a", "speaker_b")
    return {
        name: _unit(weights[f"{name}.weight"].astype(np.float64) @ hidden + weights[f"{name}.bias"]) for name in heads
    }


def speaker(mel: Numbers, weights: Weights) -> Numbers:
    """One window [160, 40] -> its embedding, by torch's definition of an LSTM and torch's order of the gates."""
    sequence = mel
    for layer in range(3):
        given = {name: weights[f"lstm.{name}_l{layer}"].astype(np.float64) for name in ("weight_ih", "weight_hh")}
        bias = weights[f"lstm.bias_ih_l{layer}"].astype(np.float64) + weights[f"lstm.bias_hh_l{layer}"]
        hidden, cell, states = np.zeros(256), np.zeros(256), []
        for step in sequence:
            gates = given["weight_ih"] @ step + given["weight_hh"] @ hidden + bias
            enter, forget, new, out = np.split(gates, 4)
            cell = _sigmoid(forget) * cell + _sigmoid(enter) * np.tanh(new)
            hidden = _sigmoid(out) * np.tanh(cell)
            states.append(hidden)
        sequence = np.stack(states)
    return _unit(np.maximum(0, weights["linear.weight"].astype(np.float64) @ sequence[-1] + weights["linear.bias"]))


def mel(samples: NDArray[np.float32]) -> Numbers:
    """[samples] at 16 kHz -> [frames, 40]: each frame's Fourier sum, and triangles between Slaney's mel steps."""
    padded = np.pad(samples.astype(np.float64), 200)
    times = np.arange(400)
    window = np.sin(np.pi * times / 400) ** 2
    waves = np.exp(-2j * np.pi * np.outer(np.arange(201), times) / 400)
    frames = [padded[start : start + 400] * window for start in range(0, len(padded) - 399, 160)]
    power = np.abs(np.stack(frames) @ waves.T) ** 2
    edges = [_slaney_hz(step * _slaney_mel(8000) / 41) for step in range(42)]
    bands = []
    for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False):
        hz = np.arange(201) * 40.0
        triangle = np.where(hz < middle, (hz - low) / (middle - low), (high - hz) / (high - middle)).clip(0)
        bands.append(triangle * 2 / (high - low))
    return np.asarray(power @ np.stack(bands).T)


def _slaney_mel(hz: float) -> float:
    return 3 * hz / 200 if hz < 1000 else 15 + 27 * float(np.log(hz / 1000) / np.log(6.4))


def _slaney_hz(step: float) -> float:
    return 200 * step / 3 if step < 15 else float(1000 * 6.4 ** ((step - 15) / 27))


def _sigmoid(value: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-value)))


def _unit(value: Numbers) -> Numbers:
    return np.asarray(value / np.linalg.norm(value))
