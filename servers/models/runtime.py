"""ONNX Runtime sessions: the one place that makes them, the same for every model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from servers.models.store import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PROVIDERS = {"cpu": ["CPUExecutionProvider"]}
ERRORS_ONLY = 3


def open_session(model: bytes | Path, name: str, device: str = "cpu") -> InferenceSession:
    """A session that computes in the thread that calls it and may be called by many; raises ModelError.

    One thread a call and no spinning: the pool that calls it decides how much runs at once.
    """
    try:
        import onnxruntime  # noqa: PLC0415 - only what runs a model needs it
    except ImportError:
        raise ModelError(
            "the package onnxruntime is missing: install the extra inference, or servers/requirements/inference.txt"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(model, options, providers=PROVIDERS[device])
    except Exception as error:  # ONNX Runtime's errors have no common class
        raise ModelError(f"{name}: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What an error of ONNX Runtime says: its first line, without "Load model from PATH failed:" before it."""
    lines = str(error).strip().splitlines()
    if not lines:
        return type(error).__name__
    line = lines[0].removeprefix("[ONNXRuntimeError] : ")
    return line.rpartition(" failed:")[2].strip() or line.strip()
