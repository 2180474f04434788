"""Sessions of the runtimes, made the same way for every model and every device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from stackduel_servers.models.device import DEVICES, NO_TORCH, ONNX_FOR_CPU, ONNX_WITHOUT_CUDA, preload
from stackduel_servers.models.store import ModelError, not_installed

if TYPE_CHECKING:
    from stackduel_servers.models.base import Array

ERRORS_ONLY = 3
CUDA = "CUDAExecutionProvider"
# Algorithms are chosen by rule: trying them all takes seconds for each new batch size. TF32 is off, because it drops
# digits for speed, and a GPU's answers must agree with a CPU's.
CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
PROVIDERS: Mapping[str, Sequence[Any]] = MappingProxyType(
    {"cpu": ["CPUExecutionProvider"], "cuda": [(CUDA, CUDA_OPTIONS), "CPUExecutionProvider"]}
)


class Session(Protocol):
    """A network that is ready to run; any number of threads may call it at once."""

    def run(self, names: Sequence[str] | None, given: Mapping[str, Array]) -> list[Any]:
        """Return the named outputs (or all) for inputs by name; all arrays are in main memory.

        Each input goes to a GPU in one transfer, and each output returns in one. Binding them to the GPU's memory
        beforehand would save no transfer: inputs arrive from a socket, and answers go back to it.
        """

    def get_inputs(self) -> list[Any]:
        """Return the inputs that the model declares, each with name, shape and type."""

    def get_outputs(self) -> list[Any]:
        """Return the outputs that the model declares."""


def open_session(model: bytes | Path, name: str, device: str = "cpu") -> Session:
    """Open a session that computes in the calling thread, and that many threads may call; raises ModelError.

    Each call uses one thread and no spinning: the calling pool decides how much runs at once.
    """
    if device not in DEVICES:
        raise ModelError(f"{name}: the device must be one of {', '.join(DEVICES)}, not {device!r}")
    try:
        if device.startswith("torch-"):
            return _torch_session(model, name, device.removeprefix("torch-"))
        return _onnx_session(model, name, device)
    except ModelError:
        raise
    except Exception as error:  # the runtimes' errors have no common class
        raise ModelError(f"{name}: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """Return the first line of a runtime's error, without "Load model from PATH failed:" before it."""
    lines = str(error).strip().splitlines()
    if not lines:
        return type(error).__name__
    line = lines[0].removeprefix("[ONNXRuntimeError] : ")
    return line.rpartition(" failed:")[2].strip() or line.strip()


def _onnx_session(model: bytes | Path, name: str, device: str) -> Session:
    try:
        import onnxruntime  # noqa: PLC0415 - only what runs a model needs it
    except ImportError as error:
        raise not_installed(error) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    if device == "cuda":
        if CUDA not in onnxruntime.get_available_providers():
            raise ModelError(f"{name}: {ONNX_FOR_CPU}")
        preload(onnxruntime)
    session: Session = onnxruntime.InferenceSession(model, options, providers=PROVIDERS[device])
    # If the provider cannot be loaded, ONNX Runtime silently uses the CPU: its times must not carry a GPU's name.
    if device == "cuda" and CUDA not in session.get_providers():  # type: ignore[attr-defined]
        raise ModelError(f"{name}: {ONNX_WITHOUT_CUDA}")
    return session


def _torch_session(model: bytes | Path, name: str, device: str) -> Session:
    if isinstance(model, Path):
        raise ModelError(f"{name}: only ONNX Runtime runs a file of the user's own; choose the device cpu or cuda")
    try:
        import torch  # noqa: F401, PLC0415 - only what runs a model needs it
    except ImportError:
        raise ModelError(NO_TORCH) from None
    from stackduel_servers.models.torch_runtime import TorchSession  # noqa: PLC0415 - needs torch

    session: Any = TorchSession(model, name, device)
    made: Session = session
    return made
