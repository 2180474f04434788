"""Sessions: the one place that makes them, the same for every model, on whatever it is computed."""

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
# The best algorithm is found by rule: to try them all takes seconds for each new size of a batch. And no digits are
# dropped for speed (TF32), so that a GPU's answers are those of a CPU.
CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
PROVIDERS: Mapping[str, Sequence[Any]] = MappingProxyType(
    {"cpu": ["CPUExecutionProvider"], "cuda": [(CUDA, CUDA_OPTIONS), "CPUExecutionProvider"]}
)


class Session(Protocol):
    """A network that is ready to run; any number of threads may call it at once."""

    def run(self, names: Sequence[str] | None, given: Mapping[str, Array]) -> list[Any]:
        """The named outputs, or all, for inputs by name: arrays of this machine's memory in, and out.

        A GPU gets each input in one transfer and gives each output back in one. Binding them to its memory beforehand
        would save none: what arrives from a socket has to go there, and what is answered has to come back.
        """

    def get_inputs(self) -> list[Any]:
        """The inputs that the model declares, each with name, shape and type."""

    def get_outputs(self) -> list[Any]:
        """The outputs that the model declares."""


def open_session(model: bytes | Path, name: str, device: str = "cpu") -> Session:
    """A session that computes in the thread that calls it and may be called by many; raises ModelError.

    One thread a call and no spinning: the pool that calls it decides how much runs at once.
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
    """What an error of a runtime says: its first line, without "Load model from PATH failed:" before it."""
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
    # Where the provider cannot be loaded, ONNX Runtime takes the CPU without a word: never under a GPU's name.
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
