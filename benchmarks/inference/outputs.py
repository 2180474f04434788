"""The numbers in answers of models: read from whatever form they come in, and compared (pure).

Bytes are no measure of them: the last digits of a batched model vary with whom a request shared its batch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from servers.core.kserve import decode_response

Form = Literal["json", "float32", "kserve", "grpc"]
Values = NDArray[np.float64]

# The name of all outputs together, one after another, where a form does not tell them apart.
ALL = ""


class NumbersError(ValueError):
    """A body that holds no outputs in its form; the message says why."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a right answer by output, in which ``form`` an answer holds them, and how far off they may be.

    ``tolerance`` is absolute for numbers up to 1, and relative beyond that.
    """

    form: Form
    tolerance: float
    outputs: tuple[tuple[str, tuple[float, ...]], ...]

    @staticmethod
    def of(outputs: Mapping[str, Values], form: Form, tolerance: float) -> Numbers:
        """What an answer in that form must hold."""
        return Numbers(form, tolerance, tuple((name, tuple(values.tolist())) for name, values in outputs.items()))

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Numbers:
        """The numbers of a document."""
        outputs = tuple((name, tuple(values)) for name, values in document["outputs"])
        return Numbers(document["form"], document["tolerance"], outputs)

    def values(self) -> dict[str, Values]:
        """The numbers as they are compared."""
        return {name: np.array(values) for name, values in self.outputs}


def read(body: bytes, form: Form) -> dict[str, Values]:
    """All outputs of an answer, each flat; raises NumbersError on anything else."""
    try:
        outputs = _READERS[form](body)
        # A server may send what is not a number, and be told so.
        with np.errstate(all="ignore"):
            found = {name: np.asarray(values, np.float64).ravel() for name, values in outputs.items()}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise NumbersError(f"no outputs in {form}: {error}") from error
    if not found:
        raise NumbersError(f"no outputs in {form}")
    return found


def compared(found: Mapping[str, Values], right: Mapping[str, Values], tolerance: float) -> str | None:
    """The first difference between outputs, in a few words; None where each number is within the tolerance."""
    if (ALL in found) != (ALL in right):
        found, right = _together(found), _together(right)
    if set(found) != set(right):
        return f"outputs {_listed(found)} instead of {_listed(right)}"
    for name, expected in right.items():
        values, output = found[name], f"output {name}" if name else "outputs"
        if values.size != expected.size:
            return f"{output}: {values.size} numbers instead of {expected.size}"
        # Not a number is within no tolerance.
        with np.errstate(all="ignore"):
            wrong = ~(np.abs(values - expected) <= tolerance * np.maximum(1.0, np.abs(expected)))
        if wrong.any():
            at = int(np.argmax(wrong))
            return f"{output}[{at}]: {values[at]:.9g} instead of {expected[at]:.9g}"
    return None


def _together(outputs: Mapping[str, Values]) -> dict[str, Values]:
    return {ALL: np.concatenate(list(outputs.values()))}


def _listed(names: Sequence[str] | Mapping[str, Values]) -> str:
    return ", ".join(sorted(names)) or "none"


def _from_json(body: bytes) -> Mapping[str, Any]:
    document = json.loads(body)
    outputs = document.get("outputs") if isinstance(document, dict) else None
    if not isinstance(outputs, dict):
        raise NumbersError("the answer has no outputs")
    return outputs


def _from_float32(body: bytes) -> Mapping[str, Any]:
    return {ALL: np.frombuffer(body, "<f4")}


def _from_kserve(body: bytes) -> Mapping[str, Any]:
    # The header ends where its JSON does: the field that says so is not kept for every answer.
    text = body.decode("latin-1")
    return decode_response(body, json.JSONDecoder().raw_decode(text)[1])


def _from_grpc(body: bytes) -> Mapping[str, Any]:
    from benchmarks.inference.messages import outputs_of  # noqa: PLC0415 - needs the extra `inference`

    return outputs_of(body)


_READERS = {"json": _from_json, "float32": _from_float32, "kserve": _from_kserve, "grpc": _from_grpc}
