"""own: the user's own ONNX file, known only by the inputs and outputs that it declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from stackduel_servers.models.base import Array, DecodedInput, Features, ModelOutputs
from stackduel_servers.models.catalog import OWN, Card, Shape, TensorInput
from stackduel_servers.models.runtime import first_line, open_session
from stackduel_servers.models.store import OWN_VARIABLE, ModelError

MOST_FILE_BYTES = 2**31 - 1  # more than ONNX files can have
MOST_NUMBERS = 2**28
TYPES: Mapping[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(bool)": np.bool_,
}
SEED = 4
# How much the outputs of an item may differ between a run alone and a run beside another item.
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class _Port:
    """An input: its shape for one item, its type, and whether its first dimension is dynamic."""

    name: str
    shape: tuple[int, ...]
    kind: type[np.generic]
    is_open: bool


class Own:
    """The user's model; its input is one row of numbers, one declared input after the other."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        file = _existing(environ.get(OWN_VARIABLE, ""))
        self._file = file
        self._session = open_session(file, str(file), device)
        self._inputs = [_port(file, given) for given in self._session.get_inputs()]
        outputs = self._session.get_outputs()
        for given in outputs:
            _kind(file, "output", given)
        self._outputs = tuple(given.name for given in outputs)
        self.card = _card(file, self._inputs, {given.name: tuple(given.shape) for given in outputs})
        self._batches = self._keeps_items_apart()

    def prepare(self, given: DecodedInput) -> Features:
        """Return the inputs in their shapes and types; integers are rounded."""
        count = sum(prod(port.shape) for port in self._inputs)
        if isinstance(given, str) or given.size != count:
            raise ValueError(f"the tensor must have {count} numbers")
        ends = np.cumsum([prod(port.shape) for port in self._inputs])
        parts = np.split(np.ravel(given), ends[:-1])
        return tuple(_typed(part, port) for part, port in zip(parts, self._inputs, strict=True))

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Return each item's outputs: one call for all if the model keeps items apart, else one call each."""
        if len(batch) == 1 or not self._batches:
            return [tuple(self._run(item)) for item in batch]
        return _split(self._run(_joined(batch)), [len(item[0]) for item in batch])

    def finish(self, raw: Features) -> ModelOutputs:
        """Return the outputs by name, as float32."""
        return {name: array.astype(np.float32) for name, array in zip(self._outputs, raw, strict=True)}

    def _run(self, item: Features) -> list[Array]:
        given = {port.name: array for port, array in zip(self._inputs, item, strict=True)}
        outputs: list[Array] = self._session.run(self._outputs, given)
        return outputs

    def _keeps_items_apart(self) -> bool:
        """Return whether a dynamic first dimension counts items: run two items together and alone, and compare."""
        count = sum(prod(port.shape) for port in self._inputs)
        random = np.random.default_rng(SEED)
        items = [self.prepare(random.random(count, dtype=np.float32)) for _ in range(2)]
        try:
            alone = [self._run(item) for item in items]
        except Exception as error:
            raise ModelError(f"{self._file}: does not run on generated input: {first_line(error)}") from error
        if not all(port.is_open for port in self._inputs):
            return False
        try:
            together = _split(self._run(_joined(items)), [1, 1])
        except Exception:  # noqa: BLE001 - on any error, the model takes one item a call
            return False
        return all(
            one.shape == other.shape and np.allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
            for batched, single in zip(together, alone, strict=True)
            for one, other in zip(batched, single, strict=True)
        )


def _existing(name: str) -> Path:
    if not name:
        raise ModelError(f"{OWN_VARIABLE} names no file: set it to the path of an ONNX model")
    file = Path(name)
    try:
        size = file.stat().st_size
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror or error}") from error
    if not file.is_file() or not 0 < size <= MOST_FILE_BYTES:
        raise ModelError(f"{file}: must be a file of 1 byte to 2 GiB")
    return file


def _port(file: Path, given: Any) -> _Port:
    kind = _kind(file, "input", given)
    for place, size in enumerate(given.shape):
        if place and not isinstance(size, int):
            raise ModelError(
                f"{file}: dimension {place} ({size or 'without a name'}) of input {given.name} is dynamic; "
                "only the first may be"
            )
    is_open = bool(given.shape) and not isinstance(given.shape[0], int)
    shape = (1, *given.shape[1:]) if is_open else tuple(given.shape)
    if not 1 <= prod(shape) <= MOST_NUMBERS:
        raise ModelError(f"{file}: input {given.name} of shape {list(shape)} must have 1 to {MOST_NUMBERS} numbers")
    return _Port(given.name, shape, kind, is_open)


def _kind(file: Path, side: str, given: Any) -> type[np.generic]:
    if given.type not in TYPES:
        raise ModelError(f"{file}: {side} {given.name} is a {given.type}; only tensors of numbers can be served")
    return TYPES[given.type]


def _card(file: Path, inputs: Sequence[_Port], outputs: Mapping[str, Sequence[int | str | None]]) -> Card:
    if not inputs:
        raise ModelError(f"{file}: takes no input")
    shape = inputs[0].shape if len(inputs) == 1 else (sum(prod(port.shape) for port in inputs),)
    gives: tuple[tuple[str, Shape], ...] = tuple(
        (name, tuple("?" if size is None else size for size in sizes)) for name, sizes in outputs.items()
    )
    return Card(OWN, f"The user's own {file.name}.", str(file), "the user's", TensorInput(shape), gives)


def _typed(numbers: Array, port: _Port) -> Array:
    whole = np.issubdtype(port.kind, np.integer) or port.kind is np.bool_
    return np.ascontiguousarray((np.rint(numbers) if whole else numbers).reshape(port.shape), dtype=port.kind)


def _joined(batch: Sequence[Features]) -> Features:
    return tuple(np.concatenate(arrays) for arrays in zip(*batch, strict=True))


def _split(outputs: Sequence[Array], lengths: Sequence[int]) -> list[Features]:
    """Return each item's part of every output; raises ValueError if an output is not as long as the inputs."""
    if any(not output.shape or len(output) != sum(lengths) for output in outputs):
        raise ValueError("an output has no part for each item")
    ends = np.cumsum(lengths)[:-1]
    return list(zip(*(np.split(output, ends) for output in outputs), strict=True))
