"""The choice of a device, and the messages when one is missing."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackduel_servers.core.variables import SettingsError
from stackduel_servers.models import device
from stackduel_servers.models.device import (
    AUTO,
    DEVICES,
    IDENTITY,
    NO_DRIVER,
    NO_ONNX,
    NO_TORCH,
    ONNX_FOR_CPU,
    ONNX_WITHOUT_CUDA,
    TORCH_FOR_CPU,
    Chosen,
    choose,
    chosen,
    devices_lack,
    onnx_lacks,
    torch_lacks,
)

CUDA = "CUDAExecutionProvider"


def lacking(*missing: str) -> Any:
    return lambda name: f"no {name} here" if name in missing else None


def test_auto_is_a_gpu_if_one_can_be_used() -> None:
    """auto prefers ONNX Runtime on a GPU, then PyTorch on a GPU, then the CPU; only the CPU needs a note."""
    assert choose(AUTO, lacking()) == Chosen("cuda")
    assert choose(AUTO, lacking("cuda")) == Chosen("torch-cuda")
    assert choose(AUTO, lacking("cuda", "torch-cuda")) == Chosen("cpu", "Models run on the CPU: no cuda here.")


@pytest.mark.parametrize("name", DEVICES)
def test_by_name_it_is_that_or_nothing(name: str) -> None:
    """A device requested by name is never replaced by another."""
    assert choose(name, lacking()) == Chosen(name)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=f"INFERENCE_DEVICE: {name} cannot be used: no {name} here"):
        choose(name, lacking(*DEVICES))


def test_an_unknown_name_is_told_those_there_are() -> None:
    """The error names every device."""
    with pytest.raises(SettingsError, match="must be one of auto, cpu, cuda, torch-cuda, torch-cpu, not 'tpu'"):
        choose("tpu", lacking())


def test_the_environment_s_silence_is_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable, or with an empty one, the choice is auto."""
    monkeypatch.setattr(device, "driver_lacks", lambda: "no driver")
    assert chosen({}) == chosen({"INFERENCE_DEVICE": ""}) == Chosen("cpu", "Models run on the CPU: no driver.")


def test_a_gpu_agrees_less_closely_than_two_cpus() -> None:
    """The tolerance is a thousandth if a GPU takes part, else a hundred-thousandth."""
    assert [device.agreement(each) for each in (*DEVICES, None)] == [1e-5, 1e-3, 1e-3, 1e-5, 1e-5]


class FakeCuda:
    """The driver's library, with a status for its start and a number of devices."""

    def __init__(self, status: int = 0, count: int = 1) -> None:
        self._status = status
        self._count = count

    def cuInit(self, _flags: int) -> int:
        return self._status

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = self._count
        return 0

    def cuGetErrorString(self, status: int, text: Any) -> int:
        text._obj.value = b"no CUDA-capable device is detected" if status == 100 else None
        return 0


def test_the_driver_s_own_words_are_passed_on() -> None:
    """A driver error is quoted with its number, a driver without devices has its own message, one device is enough."""
    assert devices_lack(FakeCuda()) is None
    assert devices_lack(FakeCuda(100)) == (
        "the NVIDIA driver says: no CUDA-capable device is detected (CUDA error 100)"
    )
    assert "unknown error (CUDA error 999)" in str(devices_lack(FakeCuda(999)))
    assert "shows this process no GPU" in str(devices_lack(FakeCuda(count=0)))


def test_a_machine_without_the_driver_s_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing driver is reported with its remedy, without importing ONNX Runtime or PyTorch."""

    def absent(name: str) -> ctypes.CDLL:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", absent)
    monkeypatch.setattr(device, "onnx_lacks", lambda: pytest.fail("nothing was to be loaded"))
    assert device.driver_lacks() == device.lacking("cuda") == device.lacking("torch-cuda") == NO_DRIVER
    assert device.lacking("cpu") is None


class FakeOnnxRuntime:
    """A build with these providers, of which these can be loaded."""

    def __init__(self, built: list[str], loads: list[str]) -> None:
        self._built = built
        self._loads = loads

    def get_available_providers(self) -> list[str]:
        return self._built

    def SessionOptions(self) -> Any:
        return SimpleNamespace()

    def InferenceSession(self, model: bytes, _options: object, providers: list[str]) -> Any:
        assert (model, providers) == (IDENTITY, [CUDA])
        return SimpleNamespace(get_providers=lambda: self._loads)


def absent() -> Any:
    raise ModuleNotFoundError


def test_what_onnx_runtime_lacks() -> None:
    """Not installed, a build for CPUs, or CUDA not loadable: each has its own remedy."""
    assert onnx_lacks(absent) == NO_ONNX
    assert onnx_lacks(lambda: FakeOnnxRuntime(["CPUExecutionProvider"], [])) == ONNX_FOR_CPU
    assert onnx_lacks(lambda: FakeOnnxRuntime([CUDA], ["CPUExecutionProvider"])) == ONNX_WITHOUT_CUDA
    assert onnx_lacks(lambda: FakeOnnxRuntime([CUDA], [CUDA, "CPUExecutionProvider"])) is None


def test_what_pytorch_lacks() -> None:
    """Not installed, built without CUDA, or a driver too old for it: each has its own remedy."""

    def torch(cuda: str | None, available: bool) -> Any:
        made = SimpleNamespace(version=SimpleNamespace(cuda=cuda), cuda=SimpleNamespace(is_available=lambda: available))
        return lambda: made

    assert torch_lacks(absent) == NO_TORCH
    assert torch_lacks(torch(None, available=False)) == TORCH_FOR_CPU
    assert "built for CUDA 13.0" in str(torch_lacks(torch("13.0", available=False)))
    assert torch_lacks(torch("13.0", available=True)) is None


def test_the_model_to_try_with_is_one() -> None:
    """The bytes that try a provider are a valid model that returns its input."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(IDENTITY, providers=["CPUExecutionProvider"])
    import numpy as np

    (given,) = session.run(None, {"x": np.array([4.5], dtype=np.float32)})
    assert given.tolist() == [4.5]


def test_a_process_of_its_own_tells_what_is_missing() -> None:
    """``python -m stackduel_servers.models.device`` prints one JSON object: why each device cannot be used."""
    command = [sys.executable, "-m", "stackduel_servers.models.device", "cpu", "cuda"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True, timeout=120
    )
    found = json.loads(done.stdout)
    assert found["cpu"] is None
    assert found["cuda"] == device.lacking("cuda")
