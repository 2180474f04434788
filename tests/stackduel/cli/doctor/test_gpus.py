"""Doctor's words on GPUs: those there, or what is missing and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from stackduel.cli.doctor import gpus
from stackduel.cli.doctor.gpus import REMEDIES, TOOLKIT, in_containers, observed, usable
from stackduel.containers import engine
from stackduel.model.errors import LaunchError
from stackduel.observe.gpu import nvml
from stackduel.observe.gpu.nvml import MissingGpuPart, NoGpuError
from stackduel_servers.models.device import NO_DRIVER, NO_ONNX, ONNX_FOR_CPU, ONNX_WITHOUT_CUDA, TORCH_FOR_CPU

CARD = "Fake 100 (80000 MiB, driver 580.65, GPU-aaaa)"


def lacking(lack: MissingGpuPart, words: str = "NVML's words") -> Callable[[], list[str]]:
    def look() -> list[str]:
        raise NoGpuError(lack, words)

    return look


def test_what_is_there_is_named() -> None:
    """A device that both NVML and CUDA show is good."""
    found = observed(None, lambda: [CARD, CARD], kernel_driver=True)
    assert (found.state, found.detail) == ("good", f"{CARD}; {CARD}")


@pytest.mark.parametrize("lack", ["package", "library"])
def test_no_driver_is_the_reason_before_all_others(lack: MissingGpuPart) -> None:
    """Where nothing of NVIDIA's is installed, no package for looking at it is asked for."""
    found = observed(NO_DRIVER, lacking(lack), kernel_driver=False)
    assert found.state == "missing"
    assert found.detail.startswith(NO_DRIVER)
    assert "models run on the CPU, and --device cuda is refused" in found.detail
    assert "nvidia-ml-py" not in found.detail


@pytest.mark.parametrize(
    ("lack", "said"),
    [("package", "pip install -e '.[gpu]'"), ("library", "NVIDIA_DRIVER_CAPABILITIES=compute,utility")],
)
def test_a_gpu_that_cannot_be_looked_at_limits_the_figures(lack: MissingGpuPart, said: str) -> None:
    """CUDA works without nvidia-ml-py and without NVML's library; only utilisation and power are not told."""
    found = observed(None, lacking(lack), kernel_driver=True)
    assert found.state == "limit"
    assert said in found.detail


@pytest.mark.parametrize(
    ("lack", "said"),
    [("driver", "modprobe nvidia"), ("permission", "/dev/nvidiactl"), ("device", "nvidia-smi"), ("other", "restart")],
)
def test_a_driver_that_refuses_is_quoted_with_a_remedy(lack: MissingGpuPart, said: str) -> None:
    """NVML's own words stand before what to do."""
    found = observed("CUDA error 100", lacking(lack), kernel_driver=True)
    assert found.state == "missing"
    assert found.detail.startswith("NVML's words: ")
    assert said in found.detail


def test_a_library_that_is_missing_beside_a_loaded_driver_is_told_apart() -> None:
    """In a container that was given no driver libraries, the kernel's driver is there and the remedy another one."""
    found = observed(NO_DRIVER, lacking("library"), kernel_driver=True)
    assert found.detail == REMEDIES["library"]


def test_a_device_that_cuda_cannot_use_is_a_limit() -> None:
    """A GPU that NVML shows and CUDA does not is named with CUDA's reason."""
    found = observed("the NVIDIA driver says: it is too old", lambda: [CARD], kernel_driver=True)
    assert (found.state, found.detail) == ("limit", f"{CARD}, but the NVIDIA driver says: it is too old")


@pytest.mark.parametrize("reason", [NO_ONNX, ONNX_FOR_CPU, ONNX_WITHOUT_CUDA, TORCH_FOR_CPU])
def test_a_runtime_that_cannot_use_it_has_its_remedy(reason: str) -> None:
    """Which package to install stands in the finding; a runtime that can is good."""
    assert usable("one", reason).state == "missing"
    assert "pip install" in usable("one", reason).detail
    assert usable("one", None).state == "good"


@pytest.mark.parametrize(("has", "state"), [(None, "unknown"), (True, "good"), (False, "missing")])
def test_containers_need_the_toolkit(has: bool | None, state: str) -> None:
    """An engine without it cannot give a GPU to a container, and the finding says how to set it up."""
    found = in_containers(has)
    assert found.state == state
    assert (found.detail == TOOLKIT) is (has is False)
    assert "nvidia-ctk runtime configure" in TOOLKIT


def test_the_engine_is_asked_and_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's own words decide; without an engine nothing is known."""
    monkeypatch.setattr(engine, "connect", lambda: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(engine, "describe", lambda _client: SimpleNamespace(gpus=True))
    assert gpus.toolkit() is True

    def absent() -> Any:
        raise LaunchError("no engine")

    monkeypatch.setattr(engine, "connect", absent)
    assert gpus.toolkit() is None


def test_without_a_driver_there_is_one_finding_and_with_one_four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Software that could compute on a GPU is looked at only where there is one."""
    monkeypatch.setattr(nvml, "names_or_reason", lacking("package"))
    monkeypatch.setattr(gpus, "driver_lacks", lambda: NO_DRIVER)
    assert [each.name for each in gpus.findings()] == ["GPU"]
    monkeypatch.setattr(gpus, "driver_lacks", lambda: None)
    monkeypatch.setattr(gpus, "lacking", lambda device: f"{device} is missing")
    monkeypatch.setattr(gpus, "toolkit", lambda: False)
    found = {each.name: each.detail for each in gpus.findings()}
    assert list(found) == ["GPU", "ONNX Runtime on GPU", "PyTorch on GPU", "GPU in containers"]
    assert (found["ONNX Runtime on GPU"], found["PyTorch on GPU"]) == ("cuda is missing", "torch-cuda is missing")
