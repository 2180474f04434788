"""What models are computed on, and why something cannot be had here.

Nothing is imported before it is asked for: the driver says whether there is a GPU, and only then ONNX Runtime and
PyTorch are tried. ``python -m stackduel_servers.models.device`` prints what is missing, by device.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal, get_args

from stackduel_servers.core.environment import SettingsError

VARIABLE = "INFERENCE_DEVICE"
Device = Literal["cpu", "cuda", "torch-cuda", "torch-cpu"]
DEVICES: tuple[Device, ...] = get_args(Device)
AUTO = "auto"
WORDS: Mapping[Device, str] = MappingProxyType(
    {
        "cpu": "ONNX Runtime on the CPU",
        "cuda": "ONNX Runtime on the GPU",
        "torch-cuda": "PyTorch on the GPU",
        "torch-cpu": "PyTorch on the CPU",
    }
)
# ONNX Runtime first: it runs every model, PyTorch those whose layers are rebuilt for it.
PREFERRED: tuple[Device, ...] = ("cuda", "torch-cuda")
# CPU and GPU add in different orders, and a GPU multiplies in less than full precision where it may.
AGREEMENT_GPU = 1e-3
AGREEMENT_CPU = 1e-5

NO_DRIVER = (
    "there is no NVIDIA driver here: install it, or in a container, start that with GPUs "
    "(docker run --gpus all, with the NVIDIA Container Toolkit)"
)
NO_ONNX = "onnxruntime-gpu is not installed: pip install -r servers/requirements/inference-gpu.txt"
ONNX_FOR_CPU = (
    "the onnxruntime that is installed is the build for CPUs, without CUDAExecutionProvider: "
    "pip uninstall onnxruntime, then pip install -r servers/requirements/inference-gpu.txt"
)
ONNX_WITHOUT_CUDA = (
    "ONNX Runtime cannot load its CUDA provider: CUDA 13 or cuDNN 9 is not to be found; "
    "pip install -r servers/requirements/inference-gpu.txt brings both"
)
NO_TORCH = "torch is not installed: pip install torch"
TORCH_FOR_CPU = "the torch that is installed is a build without CUDA: pip install a CUDA build of torch"
# A model of one node, which gives back the number that it takes: enough to see whether a provider can be loaded.
IDENTITY = bytes.fromhex(
    "080812003a370a100a017812017922084964656e746974791201675a0f0a0178120a0a"
    "08080112040a020801620f0a0179120a0a08080112040a02080142040a001011"
)
FATAL_ONLY = 4


@dataclass(frozen=True, slots=True)
class Chosen:
    """What models are computed on; ``note`` says why it is not what a reader may expect."""

    device: Device
    note: str | None = None


def choose(asked: str, lack: Callable[[str], str | None]) -> Chosen:
    """The device for what was asked: by name it or nothing, ``auto`` a GPU if one can be used.

    ``lack`` says why a device cannot be used, None where it can. Raises SettingsError with that reason.
    """
    if asked == AUTO:
        for device in PREFERRED:
            if lack(device) is None:
                return Chosen(device)
        return Chosen("cpu", f"Models run on the CPU: {lack(PREFERRED[0])}.")
    if asked not in DEVICES:
        raise SettingsError(f"{VARIABLE} must be one of {AUTO}, {', '.join(DEVICES)}, not {asked!r}")
    reason = lack(asked)
    if reason is not None:
        raise SettingsError(f"{VARIABLE}: {asked} cannot be used: {reason}")
    return Chosen(asked)


def chosen(environ: Mapping[str, str]) -> Chosen:
    """The device that an environment asks for, ``auto`` without a word of it; raises SettingsError."""
    return choose(environ.get(VARIABLE) or AUTO, lacking)


def agreement(device: str | None) -> float:
    """Within what the answers of two stacks agree that compute on this device, or on one like it and the CPU."""
    return AGREEMENT_GPU if device in PREFERRED else AGREEMENT_CPU


def lacking(device: str) -> str | None:
    """Why a device cannot be used here, with the remedy; None where it can."""
    return _LACKS[device]()


def driver_lacks() -> str | None:
    """Why the driver shows this process no device that CUDA could use; None where it shows one."""
    import ctypes  # noqa: PLC0415 - every server starts through here, and most are told their device

    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        return devices_lack(ctypes.CDLL(name))
    except OSError:
        return NO_DRIVER


def devices_lack(cuda: Any) -> str | None:
    """What the driver's library says that is missing; None where it has a device."""
    import ctypes  # noqa: PLC0415 - as above

    count = ctypes.c_int(0)
    status = int(cuda.cuInit(0)) or int(cuda.cuDeviceGetCount(ctypes.byref(count)))
    if status:
        text = ctypes.c_char_p()
        cuda.cuGetErrorString(status, ctypes.byref(text))
        return f"the NVIDIA driver says: {(text.value or b'').decode() or 'unknown error'} (CUDA error {status})"
    return None if count.value else "the NVIDIA driver shows this process no GPU (is CUDA_VISIBLE_DEVICES set?)"


def onnx_lacks(load: Callable[[], Any] = lambda: import_module("onnxruntime")) -> str | None:
    """Why ONNX Runtime cannot compute on a GPU that there is; None where it can."""
    try:
        onnxruntime = load()
    except ImportError:
        return NO_ONNX
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return ONNX_FOR_CPU
    preload(onnxruntime)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    # It falls back to the CPU without an error where its provider cannot be loaded.
    session = onnxruntime.InferenceSession(IDENTITY, options, providers=["CUDAExecutionProvider"])
    return None if "CUDAExecutionProvider" in session.get_providers() else ONNX_WITHOUT_CUDA


def torch_lacks(load: Callable[[], Any] = lambda: import_module("torch")) -> str | None:
    """Why PyTorch cannot compute on a GPU that there is; None where it can."""
    try:
        torch = load()
    except ImportError:
        return NO_TORCH
    if torch.version.cuda is None:
        return TORCH_FOR_CPU
    if not torch.cuda.is_available():
        return f"torch finds no GPU: it is built for CUDA {torch.version.cuda}, for which the driver may be too old"
    return None


def preload(onnxruntime: Any) -> None:
    """Have ONNX Runtime find CUDA and cuDNN where pip puts them."""
    if hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()


def _torch_is_missing() -> str | None:
    try:
        import_module("torch")
    except ImportError:
        return NO_TORCH
    return None


_LACKS: Mapping[str, Callable[[], str | None]] = MappingProxyType(
    {
        "cpu": lambda: None,
        "cuda": lambda: driver_lacks() or onnx_lacks(),
        "torch-cuda": lambda: driver_lacks() or torch_lacks(),
        "torch-cpu": _torch_is_missing,
    }
)


if __name__ == "__main__":
    import json

    # One process to look and to end: what was imported for it burdens nobody.
    with redirect_stdout(sys.stderr):
        found = {device: lacking(device) for device in sys.argv[1:] or DEVICES}
    sys.stdout.write(json.dumps(found))
