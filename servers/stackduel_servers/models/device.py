"""The device that models are computed on, and the reason why a device cannot be used here.

No library is imported early: the driver says whether there is a GPU, and only then ONNX Runtime and PyTorch are
tried. ``python -m stackduel_servers.models.device`` prints what is missing, by device.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal, get_args

from stackduel_servers.core.variables import SettingsError

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
# CPU and GPU add in different orders, and a GPU may multiply in less than full precision.
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
    "ONNX Runtime cannot load its CUDA provider: CUDA 13 or cuDNN 9 cannot be found; "
    "pip install -r servers/requirements/inference-gpu.txt brings both"
)
NO_TORCH = "torch is not installed: pip install torch"
TORCH_FOR_CPU = "the torch that is installed is a build without CUDA: pip install a CUDA build of torch"
# A model of one node that returns its input: enough to see whether a provider can be loaded.
IDENTITY = bytes.fromhex(
    "080812003a370a100a017812017922084964656e746974791201675a0f0a0178120a0a"
    "08080112040a020801620f0a0179120a0a08080112040a02080142040a001011"
)
FATAL_ONLY = 4


@dataclass(frozen=True, slots=True)
class Chosen:
    """The device that models are computed on; ``note`` says why it may not be the expected one."""

    device: Device
    note: str | None = None


def choose(requested: str, lack: Callable[[str], str | None]) -> Chosen:
    """Return the requested device; for ``auto``, a GPU if one can be used.

    ``lack`` returns why a device cannot be used, None if it can. Raises SettingsError with that reason.
    """
    if requested == AUTO:
        for device in PREFERRED:
            if lack(device) is None:
                return Chosen(device)
        return Chosen("cpu", f"Models run on the CPU: {lack(PREFERRED[0])}.")
    if requested not in DEVICES:
        raise SettingsError(f"{VARIABLE} must be one of {AUTO}, {', '.join(DEVICES)}, not {requested!r}")
    reason = lack(requested)
    if reason is not None:
        raise SettingsError(f"{VARIABLE}: {requested} cannot be used: {reason}")
    return Chosen(requested)


def chosen(environ: Mapping[str, str]) -> Chosen:
    """Return the device that the environment names, ``auto`` if it names none; raises SettingsError."""
    return choose(environ.get(VARIABLE) or AUTO, lacking)


def agreement(device: str | None) -> float:
    """Return the tolerance within which answers computed on this device agree with each other and with a CPU's."""
    return AGREEMENT_GPU if device in PREFERRED else AGREEMENT_CPU


def lacking(device: str) -> str | None:
    """Return why a device cannot be used here, with the remedy; None if it can."""
    return _LACKS[device]()


def driver_lacks() -> str | None:
    """Return why the driver shows this process no CUDA device; None if it shows one."""
    import ctypes  # noqa: PLC0415 - every server starts through here, and most get their device from the environment

    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        return devices_lack(ctypes.CDLL(name))
    except OSError:
        return NO_DRIVER


def devices_lack(cuda: Any) -> str | None:
    """Return what is missing according to the driver's library; None if it has a device."""
    import ctypes  # noqa: PLC0415 - as above

    count = ctypes.c_int(0)
    status = int(cuda.cuInit(0)) or int(cuda.cuDeviceGetCount(ctypes.byref(count)))
    if status:
        text = ctypes.c_char_p()
        cuda.cuGetErrorString(status, ctypes.byref(text))
        return f"the NVIDIA driver says: {(text.value or b'').decode() or 'unknown error'} (CUDA error {status})"
    return None if count.value else "the NVIDIA driver shows this process no GPU (is CUDA_VISIBLE_DEVICES set?)"


def onnx_lacks(load: Callable[[], Any] = lambda: import_module("onnxruntime")) -> str | None:
    """Return why ONNX Runtime cannot compute on the GPU; None if it can."""
    try:
        onnxruntime = load()
    except ImportError:
        return NO_ONNX
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return ONNX_FOR_CPU
    preload(onnxruntime)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    # ONNX Runtime falls back to the CPU without an error if its provider cannot be loaded.
    session = onnxruntime.InferenceSession(IDENTITY, options, providers=["CUDAExecutionProvider"])
    return None if "CUDAExecutionProvider" in session.get_providers() else ONNX_WITHOUT_CUDA


def torch_lacks(load: Callable[[], Any] = lambda: import_module("torch")) -> str | None:
    """Return why PyTorch cannot compute on the GPU; None if it can."""
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
    """Load CUDA and cuDNN for ONNX Runtime from where pip installs them."""
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

    # The check runs in a process of its own, so that its imports take no memory elsewhere.
    with redirect_stdout(sys.stderr):
        reasons = {device: lacking(device) for device in sys.argv[1:] or DEVICES}
    sys.stdout.write(json.dumps(reasons))
