"""A model's outputs, compared number by number within a tolerance (pure)."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# Above one the tolerance is relative: a float32 has seven digits.
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Output:
    """One output: its shape, and its numbers row by row."""

    shape: tuple[int, ...]
    numbers: tuple[float, ...]


Outputs = Mapping[str, Output]


def read_json(body: bytes) -> tuple[str, Outputs]:
    """The model and its outputs out of an answer in JSON; raises ValueError."""
    content = json.loads(body)
    if not isinstance(content, dict) or tuple(content) != ("model", "outputs"):
        raise ValueError("is no JSON object of model and outputs")
    if not isinstance(content["model"], str) or not isinstance(content["outputs"], dict):
        raise ValueError("holds no model's name or no outputs")  # noqa: TRY004  # of a text, not of a caller
    return content["model"], {name: _nested(value) for name, value in content["outputs"].items()}


def read_raw(body: bytes, tensors: str | None) -> Outputs:
    """The outputs out of raw little-endian float32 and the header X-Tensors; raises ValueError."""
    shapes = {}
    for part in (tensors or "").split(","):
        name, _, sides = part.partition("=")
        shapes[name] = tuple(int(side) for side in sides.split("x"))
    starts = [0]
    for shape in shapes.values():
        starts.append(starts[-1] + math.prod(shape))
    if 4 * starts[-1] != len(body):
        raise ValueError(f"has {len(body)} bytes where X-Tensors says {4 * starts[-1]}")
    numbers = struct.unpack(f"<{starts[-1]}f", body)
    spans = pairwise(starts)
    return {name: Output(shape, numbers[a:b]) for (name, shape), (a, b) in zip(shapes.items(), spans, strict=True)}


def differences(expected: Outputs, found: Outputs, tolerance: float = TOLERANCE) -> list[str]:
    """What differs, a sentence for each output; empty if nothing does."""
    if tuple(found) != tuple(expected):
        return [f"outputs are {', '.join(found)}, not {', '.join(expected)}"]
    sentences = (_difference(name, expected[name], found[name], tolerance) for name in expected)
    return [sentence for sentence in sentences if sentence]


def _difference(name: str, expected: Output, found: Output, tolerance: float) -> str | None:
    # JSON cannot tell how wide the rows are of which there are none.
    if found.shape != expected.shape and (found.numbers or expected.numbers):
        return f"{name} has the shape {found.shape}, not {expected.shape}"
    far = (
        (abs(ours - theirs) / max(1.0, abs(ours)), ours, theirs)
        for ours, theirs in zip(expected.numbers, found.numbers, strict=True)
    )
    off, ours, theirs = max(far, default=(0.0, 0.0, 0.0), key=lambda each: each[0] if each[0] == each[0] else math.inf)
    return None if off <= tolerance else f"{name} holds {theirs!r} where {ours!r} was expected"


def _nested(value: Any) -> Output:
    """Lists of lists of numbers as an output; raises ValueError where the rows are of different lengths."""
    if not isinstance(value, list):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"holds {value!r} where a number belongs")  # noqa: TRY004
        return Output((), (float(value),))
    parts = [_nested(each) for each in value]
    if len({part.shape for part in parts}) > 1:
        raise ValueError("holds rows of different lengths")
    return Output((len(parts), *(parts[0].shape if parts else ())), tuple(_chained(part.numbers for part in parts)))


def _chained(rows: Iterable[tuple[float, ...]]) -> Iterable[float]:
    for row in rows:
        yield from row
