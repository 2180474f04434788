"""A model's outputs, read from any form of an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from stackduel.model.model_output import Form, Outputs, Values
from stackduel_servers.core.kserve import decode_response

# The name of all outputs, joined in order, for a form that does not separate them.
ALL = ""


class NumbersError(ValueError):
    """A body that holds no outputs in its form; the message says why."""


def read(body: bytes, form: Form) -> dict[str, Values]:
    """Read all outputs of an answer, each in its shape; raises NumbersError on anything else."""
    try:
        outputs = _READERS[form](body)
        # A server may send NaN or infinity: the comparison reports them, so numpy need not warn.
        with np.errstate(all="ignore"):
            numbers = {name: np.asarray(values, np.float64) for name, values in outputs.items()}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise NumbersError(f"no outputs in {form}: {error}") from error
    if not numbers:
        raise NumbersError(f"no outputs in {form}")
    return numbers


def split(outputs: Outputs, tensors: str | None) -> dict[str, Values]:
    """Split an answer in raw float32 by the names and shapes of its header X-Tensors; raises NumbersError."""
    shapes = {}
    for part in (tensors or "").split(","):
        name, _, sides = part.partition("=")
        try:
            shapes[name] = tuple(int(side) for side in sides.split("x"))
        except ValueError as error:
            raise NumbersError(f"no names and shapes in X-Tensors: {tensors}") from error
    sizes, numbers = [math.prod(shape) for shape in shapes.values()], outputs[ALL]
    if sum(sizes) != numbers.size:
        raise NumbersError(f"{numbers.size} numbers where X-Tensors says {sum(sizes)}")
    parts = np.split(numbers, np.cumsum(sizes)[:-1])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def _from_json(body: bytes) -> Mapping[str, Any]:
    document = json.loads(body)
    outputs = document.get("outputs") if isinstance(document, dict) else None
    if not isinstance(outputs, dict):
        raise NumbersError("the answer has no outputs")
    for values in outputs.values():
        _only_numbers(values)
    return outputs


def _only_numbers(value: object) -> None:
    """Refuse texts, true and null, which numpy would convert to numbers; level by level, as it runs under load."""
    level: list[Any] = [value]
    while (kinds := set(map(type, level))) == {list}:
        level = list(chain.from_iterable(level))
    if strange := kinds - {int, float, list}:
        raise NumbersError(f"{next(each for each in level if type(each) in strange)!r} stands where a number belongs")


def _from_float32(body: bytes) -> Mapping[str, Any]:
    return {ALL: np.frombuffer(body, "<f4")}


def _from_kserve(body: bytes) -> Mapping[str, Any]:
    # The header ends where its JSON ends; the HTTP field with its length is not kept for every answer.
    text = body.decode("latin-1")
    return decode_response(body, json.JSONDecoder().raw_decode(text)[1])


def _from_grpc(body: bytes) -> Mapping[str, Any]:
    from stackduel.inference.grpc_messages import outputs_of  # noqa: PLC0415 - needs the extra `inference`

    return outputs_of(body)


_READERS = {"json": _from_json, "float32": _from_float32, "kserve": _from_kserve, "grpc": _from_grpc}
