"""A model's outputs, compared number by number: by the contract, before a run, and under load.

Bytes are no measure of them: the last digits of a batched model vary with whom a request shared its batch.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from stackduel.inference.answer_formats import ALL
from stackduel.model.model_output import TOLERANCE, Outputs, Values


def first_difference(found: Outputs, right: Outputs, tolerance: float) -> str | None:
    """The first difference between outputs, in a few words; None where each number is within the tolerance.

    Forms differ in what they tell: neither the order of outputs counts nor their shapes, and a form that tells no
    names is compared as a whole.
    """
    if (ALL in found) != (ALL in right):
        found, right = _together(found), _together(right)
    if set(found) != set(right):
        return f"outputs {_listed(sorted(found))} instead of {_listed(sorted(right))}"
    return next((said for name in right if (said := _difference(name, found[name], right[name], tolerance))), None)


def differences(found: Outputs, right: Outputs, tolerance: float = TOLERANCE) -> list[str]:
    """What differs, a sentence for each output, where order and shapes count, too; empty if nothing does."""
    if tuple(found) != tuple(right):
        return [f"outputs {_listed(found)} instead of {_listed(right)}"]
    said = (
        _reshaped(name, found[name], right[name]) or _difference(name, found[name], right[name], tolerance)
        for name in right
    )
    return [each for each in said if each]


def _difference(name: str, found: Values, right: Values, tolerance: float) -> str | None:
    if found.size != right.size:
        return f"{_called(name)}: {found.size} numbers instead of {right.size}"
    values, expected = found.ravel(), right.ravel()
    # Not a number is within no tolerance.
    with np.errstate(all="ignore"):
        wrong = ~(np.abs(values - expected) <= tolerance * np.maximum(1.0, np.abs(expected)))
    if not wrong.any():
        return None
    at = int(np.argmax(wrong))
    return f"{_called(name)}[{at}]: {values[at]:.9g} instead of {expected[at]:.9g}"


def _reshaped(name: str, found: Values, right: Values) -> str | None:
    # JSON cannot tell how wide the rows are of which there are none.
    if found.shape == right.shape or found.size == right.size == 0:
        return None
    return f"{_called(name)}: shape {found.shape} instead of {right.shape}"


def _called(name: str) -> str:
    return f"output {name}" if name else "outputs"


def _together(outputs: Outputs) -> dict[str, Values]:
    return {ALL: np.concatenate([values.ravel() for values in outputs.values()])}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
