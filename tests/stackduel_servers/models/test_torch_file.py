"""Reading PyTorch's old format: right numbers from a valid file, and one kind of error from all others."""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.models.store import ModelError
from stackduel_servers.models.torch_file import MAGIC, VERSION, read_tensors

NUMBERS = np.arange(12, dtype=np.float32)


class Global:
    """Pickles as the name of something in another module, and a call of it."""

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        self.name, self.arguments = name, arguments


class Writer(pickle._Pickler):
    """Writes names of torch without torch, and storages as torch does: the pickler in Python can be taught that."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream, protocol=2)
        self._stream = stream

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if not isinstance(obj, Global):
            super().save(obj, save_persistent_id)  # type: ignore[misc]  # the stubs do not know the pickler's inside
            return
        module, _, name = obj.name.rpartition(".")
        self._stream.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        if obj.arguments is not NAME_ALONE:
            self.save(obj.arguments)
            self._stream.write(pickle.REDUCE)

    def persistent_id(self, obj: Any) -> Any:
        if obj is STORAGE:
            return ("storage", Global("torch.FloatStorage", NAME_ALONE), "storage-0", "cpu", 12, None)
        return None


NAME_ALONE: tuple[Any, ...] = ("no call",)
STORAGE = object()


def torch_file(*entries: tuple[str, Any], storage: bytes = NUMBERS.tobytes(), count: int = 12) -> bytes:
    """A file whose dictionary ``model_state`` holds these entries and whose one storage is this."""
    stream = io.BytesIO()
    for part in (MAGIC, VERSION, {}, {"model_state": OrderedDict(entries)}, ["storage-0"]):
        Writer(stream).dump(part)
    return stream.getvalue() + struct.pack("<q", count) + storage


def tensor(offset: object = 0, size: object = (3, 4), stride: object = (4, 1)) -> Global:
    return Global("torch._utils._rebuild_tensor_v2", (STORAGE, offset, size, stride, False, OrderedDict()))


def test_tensors_are_read_with_their_strides_and_offsets() -> None:
    """Whole, transposed and partial tensors are the same views of the storage as before."""
    whole, part = tensor(), tensor(5, (2, 3), (3, 1))
    found = read_tensors(
        torch_file(("whole", whole), ("turned", tensor(0, (4, 3), (1, 4))), ("part", part), ("step", 7)),
        "x.pt",
        "model_state",
    )
    assert list(found) == ["whole", "turned", "part"]
    np.testing.assert_array_equal(found["whole"], NUMBERS.reshape(3, 4))
    np.testing.assert_array_equal(found["turned"], NUMBERS.reshape(3, 4).T)
    np.testing.assert_array_equal(found["part"], NUMBERS[5:11].reshape(2, 3))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("os.system", ("touch {}",)),
        ("builtins.eval", ("open({!r}, 'w')",)),
        ("builtins.exec", ("open({!r}, 'w')",)),
        ("pathlib.Path", ("{}",)),
        ("torch.load", ("{}",)),
        ("torch._utils._rebuild_parameter", ()),
        ("collections.OrderedDict.__class__", ()),
    ],
)
def test_a_hostile_pickle_is_refused_and_runs_nothing(name: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    """No name except the three that tensors need is ever looked up."""
    trap = tmp_path / "trap"
    call = Global(name, tuple(each.format(str(trap)) for each in arguments))
    with pytest.raises(ModelError, match=r"x\.pt: refused: .* has no place in a file of tensors"):
        read_tensors(torch_file(("whole", call)), "x.pt", "model_state")
    assert not trap.exists()


@pytest.mark.parametrize(
    "broken",
    [
        torch_file(("t", tensor(1))),
        torch_file(("t", tensor(-1))),
        torch_file(("t", tensor(0, (3, 4), (4, -1)))),
        torch_file(("t", tensor(0, (2**40, 4), (0, 1)))),
        torch_file(("t", tensor(0, (3, 4), (4,)))),
        torch_file(("t", tensor("0"))),
        torch_file(("t", tensor(0, [3, 4]))),
        torch_file(("t", tensor()), storage=NUMBERS.tobytes()[:-1]),
        torch_file(("t", tensor()), count=2**62),
        torch_file(("t", tensor()), count=-1),
        pickle.dumps(1, 2) * 4,
        b"",
        b"PK\x03\x04",
    ],
)
def test_a_broken_file_is_refused(broken: bytes) -> None:
    """A tensor beyond its storage, a storage beyond the file and another format are errors that take no memory."""
    with pytest.raises(ModelError, match=r"^x\.pt: refused: "):
        read_tensors(broken, "x.pt", "model_state")


@given(st.data())
def test_no_damage_escapes_as_another_error(data: st.DataObject) -> None:
    """A file cut anywhere, or with any byte changed, gives tensors or a ModelError."""
    content = bytearray(torch_file(("whole", tensor())))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    kept = bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        found = read_tensors(kept, "x.pt", "model_state")
    except ModelError:
        return
    assert all(isinstance(array, np.ndarray) for array in found.values())
