"""The same weights give the same numbers on every device."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from stackduel_servers.models import store
from stackduel_servers.models.base import DecodedInput
from stackduel_servers.models.device import AGREEMENT_CPU, AGREEMENT_GPU, NO_TORCH, ONNX_WITHOUT_CUDA, VARIABLE, lacking
from stackduel_servers.models.model import Model, load
from stackduel_servers.models.runtime import CUDA, CUDA_OPTIONS, open_session
from stackduel_servers.models.store import ModelError
from tests.conftest import unavailable

RANDOM = np.random.default_rng(7)


def sound(samples: int) -> DecodedInput:
    return RANDOM.uniform(-0.5, 0.5, samples).astype(np.float32)


GIVEN: Mapping[str, list[DecodedInput]] = {
    "fast-cnn": [sound(48_000) for _ in range(3)],
    "speaker": [sound(16_000), sound(80_000), sound(27_000)],
    "vad": [sound(16_000), sound(4_096)],
    "face": [RANDOM.integers(0, 256, (96, 80, 3), dtype=np.uint8)],
    "embed": ["How are you?", "The quick brown fox jumps over the lazy dog."],
}


def built(name: str, device: str) -> Model:
    """The model on that device, where its files are there."""
    if not store.is_built(name, os.environ):
        unavailable("models", f"{name} is not built: python -m stackduel_servers.models build {name}")
    return load(name, os.environ, device)


def answers(model: Model, name: str) -> Iterator[tuple[str, Any]]:
    """All numbers of all items, which go through the network together."""
    raw = model.infer([model.prepare(given) for given in GIVEN[name]])
    for index, each in enumerate(raw):
        for output, numbers in model.finish(each).items():
            yield f"{index} {output}", numbers


def assert_agree(name: str, device: str, within: float) -> None:
    expected = dict(answers(built(name, "cpu"), name))
    for where, numbers in answers(built(name, device), name):
        np.testing.assert_allclose(numbers, expected[where], rtol=within, atol=within, err_msg=where)


@pytest.mark.parametrize("name", ["fast-cnn", "speaker"])
def test_pytorch_gives_the_same_numbers(name: str) -> None:
    """The networks rebuilt from the ONNX files' weights answer as these do, alone and in a batch, within 1e-5."""
    if reason := lacking("torch-cpu"):
        unavailable("torch", reason)
    assert_agree(name, "torch-cpu", AGREEMENT_CPU)
    model = built(name, "torch-cpu")
    items = [model.prepare(given) for given in GIVEN[name]]
    for alone, together in zip((model.infer([item])[0] for item in items), model.infer(items), strict=True):
        for one, other in zip(alone, together, strict=True):
            np.testing.assert_allclose(one, other, atol=AGREEMENT_CPU)


@pytest.mark.gpu
@pytest.mark.parametrize("name", GIVEN)
def test_a_gpu_agrees_with_the_cpu(name: str) -> None:
    """ONNX Runtime on a real GPU gives every model's numbers within 1e-3."""
    if reason := lacking("cuda"):
        unavailable("gpu", reason)
    assert_agree(name, "cuda", AGREEMENT_GPU)


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["fast-cnn", "speaker"])
def test_pytorch_on_a_gpu_agrees_with_the_cpu(name: str) -> None:
    """PyTorch on a real GPU gives the numbers of ONNX Runtime on the CPU within 1e-3."""
    if reason := lacking("torch-cuda"):
        unavailable("gpu", reason)
    assert_agree(name, "torch-cuda", AGREEMENT_GPU)


def test_what_pytorch_has_no_network_for_is_refused() -> None:
    """A model that only has an ONNX file is refused under PyTorch and never runs on another runtime."""
    if reason := lacking("torch-cpu"):
        unavailable("torch", reason)
    with pytest.raises(ModelError, match=r"vad\.onnx: has no network for PyTorch; those that have one are fast-cnn"):
        open_session(b"", "vad.onnx", "torch-cpu")


def test_pytorch_runs_no_file_of_the_user_s_own(tmp_path: Any) -> None:
    """The user's own ONNX file needs ONNX Runtime, with or without PyTorch."""
    with pytest.raises(ModelError, match="only ONNX Runtime runs a file of the user's own"):
        open_session(tmp_path / "own.onnx", "own.onnx", "torch-cpu")


def test_without_pytorch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the package; no other device replaces the requested one."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError) as raised:
        open_session(b"", "fast-cnn.onnx", "torch-cpu")
    assert str(raised.value) == NO_TORCH


class FakeOnnxRuntime:
    """A build for GPUs that notes how its session was made; whether the CUDA provider loads is chosen."""

    def __init__(self, *loads: str) -> None:
        self._loads = [*loads, "CPUExecutionProvider"]
        self.built = [CUDA, "CPUExecutionProvider"]
        self.asked: Any = None
        self.preloaded = 0

    def get_available_providers(self) -> list[str]:
        return self.built

    def preload_dlls(self) -> None:
        self.preloaded += 1

    def SessionOptions(self) -> Any:
        return SimpleNamespace(add_session_config_entry=lambda _name, _value: None)

    def InferenceSession(self, _model: object, _options: object, providers: Any) -> Any:
        self.asked = providers
        return SimpleNamespace(get_providers=lambda: self._loads)


def test_a_session_on_cuda_looks_where_pip_puts_cuda_and_drops_no_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA comes before the CPU, with full float32 and without trying every algorithm for each batch."""
    fake = FakeOnnxRuntime(CUDA)
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    open_session(b"", "m.onnx", "cuda")
    assert fake.asked == [(CUDA, CUDA_OPTIONS), "CPUExecutionProvider"]
    assert (CUDA_OPTIONS["use_tf32"], CUDA_OPTIONS["cudnn_conv_algo_search"]) == ("0", "HEURISTIC")
    assert fake.preloaded == 1


def test_onnx_runtime_s_silent_fall_back_to_the_cpu_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without CUDA's libraries, the CPU's times never carry a GPU's name."""
    monkeypatch.setitem(sys.modules, "onnxruntime", FakeOnnxRuntime())
    with pytest.raises(ModelError) as raised:
        open_session(b"", "m.onnx", "cuda")
    assert str(raised.value) == f"m.onnx: {ONNX_WITHOUT_CUDA}"


def test_the_build_for_cpus_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy names the package to replace, not missing libraries."""
    fake = FakeOnnxRuntime()
    fake.built = ["CPUExecutionProvider"]
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    with pytest.raises(ModelError, match="the build for CPUs"):
        open_session(b"", "m.onnx", "cuda")
    assert fake.asked is None


def test_the_cpu_needs_nothing_of_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the CPU nothing is preloaded, and only the CPU's provider is requested."""
    fake = FakeOnnxRuntime()
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    open_session(b"", "m.onnx", "cpu")
    assert (fake.asked, fake.preloaded) == (["CPUExecutionProvider"], 0)


def test_an_unknown_device_is_refused() -> None:
    """The error lists the known devices."""
    with pytest.raises(ModelError, match="the device must be one of cpu, cuda, torch-cuda, torch-cpu, not 'tpu'"):
        open_session(b"", "m.onnx", "tpu")


@pytest.mark.parametrize(("asked", "used"), [("torch-cpu", "torch-cpu"), ("cpu", "cpu"), ("auto", "cpu"), ("", "cpu")])
def test_a_model_runs_on_what_the_environment_asks_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, asked: str, used: str
) -> None:
    """The session uses the device chosen by stackduel_servers.serve; auto without a GPU is the CPU."""
    seen: list[str] = []
    monkeypatch.setattr(store, "read", lambda _name, _environ: (b"",))
    monkeypatch.setattr(
        "stackduel_servers.models.fast_cnn.open_session", lambda _model, _name, device: seen.append(device)
    )
    monkeypatch.setattr("stackduel_servers.models.device.driver_lacks", lambda: "no driver")
    load("fast-cnn", {VARIABLE: asked})
    assert seen == [used]
