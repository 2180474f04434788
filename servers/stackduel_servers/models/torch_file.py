"""Reading tensors from PyTorch's old file format without PyTorch, and without running code that a pickle may name.

The format: four pickles (a magic number, the version, the machine's sizes, the object), a pickled list of the storages'
keys, then each storage: its number of elements (int64) and the elements.
"""

from __future__ import annotations

import io
import pickle  # only through the unpickler below
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackduel_servers.models.store import ModelError

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view of a storage that is not read yet; sizes, strides and offset in elements."""

    storage: str
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class _FloatStorage:
    """The stand-in for ``torch.FloatStorage``: float32, little-endian."""


def _rebuild_tensor(storage: object, offset: object, size: object, stride: object, *_rest: object) -> _Tensor:
    if not isinstance(storage, str) or not isinstance(offset, int) or offset < 0:
        raise pickle.UnpicklingError("a tensor has no storage")
    return _Tensor(storage, offset, _whole_numbers(size), _whole_numbers(stride))


_ALLOWED: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch", "FloatStorage"): _FloatStorage,
}


class _Unpickler(pickle.Unpickler):
    """An unpickler that accepts three names and no others."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the object for the name; refuse every name that tensors do not need."""
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of tensors") from None

    def persistent_load(self, pid: Any) -> str:
        """Return a storage by its key."""
        match pid:
            case ("storage", kind, str(key), _, int(), None) if kind is _FloatStorage:
                return key
        raise pickle.UnpicklingError("a storage of an unknown kind")


def read_tensors(content: bytes, name: str, entry: str) -> dict[str, NDArray[np.float32]]:
    """Read the float32 tensors of the dictionary ``entry`` of a file called ``name``; raises ModelError."""
    stream = io.BytesIO(content)
    try:
        return _read(stream, entry)
    except Exception as error:  # a broken pickle may raise anything at all
        raise ModelError(f"{name}: refused: {error}") from error


def _read(stream: io.BytesIO, entry: str) -> dict[str, NDArray[np.float32]]:
    if _load(stream) != MAGIC or _load(stream) != VERSION:
        raise pickle.UnpicklingError("it is not in PyTorch's old format")
    _load(stream)
    tensors, keys = _load(stream)[entry], _load(stream)
    storages = {str(key): _storage(stream) for key in keys}
    return {str(key): _view(tensor, storages) for key, tensor in tensors.items() if isinstance(tensor, _Tensor)}


def _load(stream: io.BytesIO) -> Any:
    return _Unpickler(stream).load()


def _storage(stream: io.BytesIO) -> NDArray[np.float32]:
    count = int.from_bytes(stream.read(8), "little", signed=True)
    content = stream.read(4 * count) if 0 <= count <= stream.getbuffer().nbytes else b""
    if len(content) != 4 * count:
        raise pickle.UnpicklingError("a storage is cut off")
    return np.frombuffer(content, dtype="<f4").astype(np.float32)


def _view(tensor: _Tensor, storages: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    storage = storages[tensor.storage]
    if len(tensor.size) != len(tensor.stride):
        raise pickle.UnpicklingError("a tensor has a stride for some dimensions only")
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.size, tensor.stride, strict=True))
    if 0 in tensor.size or last >= len(storage):
        raise pickle.UnpicklingError("a tensor is larger than its storage")
    strides = tuple(stride * storage.itemsize for stride in tensor.stride)
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.size, strides, writeable=False).copy()


def _whole_numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple) or not all(isinstance(each, int) and each >= 0 for each in value):
        raise pickle.UnpicklingError("a tensor's shape is not made of whole numbers")
    return value
