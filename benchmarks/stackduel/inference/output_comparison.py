"""A model's outputs, compared number by number: by the contract, before a run, and under load.

Bytes cannot be compared: the last digits of a batched model depend on the other requests in the batch.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from stackduel.inference.answer_formats import ALL
from stackduel.model.model_output import TOLERANCE, Outputs, Values


def first_difference(found: Outputs, right: Outputs, tolerance: float) -> str | None:
    """Return the first difference between outputs, in a few words; None if each number is within the tolerance.

    Not every form holds the order, the shapes or the names of outputs: order and shapes are ignored, and outputs
    without names are compared as a whole.
    """
    if (ALL in found) != (ALL in right):
        found, right = _together(found), _together(right)
    if set(found) != set(right):
        return f"outputs {_listed(sorted(found))} instead of {_listed(sorted(right))}"
    return next((each for name in right if (each := _difference(name, found[name], right[name], tolerance))), None)


def differences(found: Outputs, right: Outputs, tolerance: float = TOLERANCE) -> list[str]:
    """Return a sentence for each output that differs, also in order or shape; empty if none does."""
    if tuple(found) != tuple(right):
        return [f"outputs {_listed(found)} instead of {_listed(right)}"]
    by_output = (
        _reshaped(name, found[name], right[name]) or _difference(name, found[name], right[name], tolerance)
        for name in right
    )
    return [each for each in by_output if each]


def _difference(name: str, found: Values, right: Values, tolerance: float) -> str | None:
    if found.size != right.size:
        return f"{_called(name)}: {found.size} numbers instead of {right.size}"
    values, expected = found.ravel(), right.ravel()
    # NaN is within no tolerance.
    with np.errstate(all="ignore"):
        wrong = ~(np.abs(values - expected) <= tolerance * np.maximum(1.0, np.abs(expected)))
    if not wrong.any():
        return None
    at = int(np.argmax(wrong))
    return f"{_called(name)}[{at}]: {values[at]:.9g} instead of {expected[at]:.9g}"


def _reshaped(name: str, found: Values, right: Values) -> str | None:
    # JSON cannot hold the row length of an array without rows.
    if found.shape == right.shape or found.size == right.size == 0:
        return None
    return f"{_called(name)}: shape {found.shape} instead of {right.shape}"


def _called(name: str) -> str:
    return f"output {name}" if name else "outputs"


def _together(outputs: Outputs) -> dict[str, Values]:
    return {ALL: np.concatenate([values.ravel() for values in outputs.values()])}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
