"""own: the user's file is used as it declares itself, or refused in one line that names it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from stackduel_servers.models import sample_inputs
from stackduel_servers.models.catalog import TensorInput
from stackduel_servers.models.model import Model, ModelError, load

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
Declared = Mapping[str, tuple[int, Sequence[int | str | None]]]


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Model]:
    """Saves a graph as my.onnx and loads it."""

    def save_and_load(*graph: Any, **options: Any) -> Model:
        save(tmp_path / "my.onnx", *graph, **options)
        return load("own", {"STACKDUEL_OWN_MODEL": str(tmp_path / "my.onnx")})

    return save_and_load


def save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    given: Declared,
    gives: Declared,
    constants: Mapping[str, NDArray[Any]] | None = None,
    opset: int = 17,
    **options: Any,
) -> None:
    values = [[helper.make_tensor_value_info(name, *each) for name, each in side.items()] for side in (given, gives)]
    arrays = [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()]
    graph = helper.make_graph(nodes, "mine", values[0], values[1], arrays)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("of.nobody", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path, **options)


def relu(kind: int, *shape: int | str | None) -> tuple[list[onnx.NodeProto], Declared, Declared]:
    return [helper.make_node("Relu", ["x"], ["y"])], {"x": (kind, shape)}, {"y": (kind, shape)}


def answer(model: Model, numbers: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
    return model.finish(model.infer([model.prepare(numbers)])[0])


@pytest.mark.parametrize("kind", [FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, INT64, TensorProto.INT32])
def test_numbers_of_many_types_are_taken(own: Callable[..., Model], kind: int) -> None:
    """Numbers are converted to the input's declared type, and outputs to float32."""
    opset = [helper.make_node("Abs", ["x"], ["y"])], {"x": (kind, (2, 2))}, {"y": (kind, (2, 2))}
    model = own(*opset)
    assert model.card.takes == TensorInput((2, 2))
    found = answer(model, np.array([-1, 2, -3, 0], dtype=np.float32))["y"]
    assert found.dtype == np.float32
    assert found.tolist() == [[1, 2], [3, 0]]


def test_a_leading_dimension_that_is_left_open_becomes_one(own: Callable[..., Model]) -> None:
    """One item has shape [1, 3]; several items run together, and each gets its own answer."""
    model = own(*relu(FLOAT, "batch", 3))
    assert model.card.takes == TensorInput((1, 3))
    assert model.card.gives == (("y", ("batch", 3)),)
    items = [model.prepare(np.full(3, value, dtype=np.float32)) for value in (1, -1, 2)]
    assert [raw[0].tolist() for raw in model.infer(items)] == [[[1, 1, 1]], [[0, 0, 0]], [[2, 2, 2]]]


def test_items_that_would_meet_are_kept_apart(own: Callable[..., Model]) -> None:
    """If a dynamic dimension is not a batch, as under a softmax over it, each item runs alone."""
    nodes = [helper.make_node("Softmax", ["x"], ["y"], axis=0)]
    model = own(nodes, {"x": (FLOAT, ("n", 2))}, {"y": (FLOAT, ("n", 2))})
    items = [model.prepare(np.full(2, value, dtype=np.float32)) for value in (1, 5)]
    assert [raw[0].tolist() for raw in model.infer(items)] == [[[1, 1]], [[1, 1]]]


def test_several_inputs_are_taken_one_after_the_other(own: Callable[..., Model]) -> None:
    """One row of numbers holds all inputs in declared order; integers are rounded."""
    nodes = [helper.make_node("Cast", ["i"], ["f"], to=FLOAT), helper.make_node("Sub", ["x", "f"], ["y"])]
    model = own(nodes, {"x": (FLOAT, ("n", 2)), "i": (INT64, ("n", 2))}, {"y": (FLOAT, ("n", 2))})
    assert model.card.takes == TensorInput((4,))
    assert answer(model, np.array([10.5, 20.5, 0.9, 2.2], dtype=np.float32))["y"].tolist() == [[9.5, 18.5]]
    with pytest.raises(ValueError, match="the tensor must have 4 numbers"):
        model.prepare(np.zeros(3, dtype=np.float32))


def test_generated_input_fits(own: Callable[..., Model]) -> None:
    """The model accepts the input generated for its card."""
    model = own(*relu(FLOAT, 2, 3, 4))
    assert answer(model, np.asarray(sample_inputs.generate(model.card.takes, 1), dtype=np.float32))["y"].shape == (
        2,
        3,
        4,
    )


@pytest.mark.parametrize(
    ("graph", "told"),
    [
        (relu(FLOAT, "n", "time"), r"dimension 1 \(time\) of input x is dynamic; only the first may be"),
        (relu(FLOAT, 1, None), r"dimension 1 \(without a name\) of input x is dynamic"),
        (relu(FLOAT, 2**15, 2**15), r"input x of shape \[32768, 32768\] must have 1 to 268435456 numbers"),
        (relu(FLOAT, 1, 0), r"input x of shape \[1, 0\] must have 1 to"),
        (
            ([helper.make_node("Frobnicate", ["x"], ["y"])], {"x": (FLOAT, (1,))}, {"y": (FLOAT, (1,))}),
            "No Op registered for Frobnicate",
        ),
        (
            ([helper.make_node("Own", ["x"], ["y"], domain="of.nobody")], {"x": (FLOAT, (1,))}, {"y": (FLOAT, (1,))}),
            "of.nobody",
        ),
        (
            ([helper.make_node("Identity", ["x"], ["y"])], {"x": (8, (1,))}, {"y": (8, (1,))}),
            r"input x is a tensor\(string\); only tensors of numbers",
        ),
        (
            ([helper.make_node("SequenceConstruct", ["x"], ["y"])], {"x": (FLOAT, (1,))}, {}),
            "output|invalid|y",
        ),
        (
            (
                [helper.make_node("Reshape", ["x", "shape"], ["y"])],
                {"x": (FLOAT, (4,))},
                {"y": (FLOAT, (3,))},
                {"shape": np.array([3], dtype=np.int64)},
            ),
            "",
        ),
    ],
)
def test_a_graph_that_cannot_be_served_is_refused(own: Callable[..., Model], graph: tuple[Any, ...], told: str) -> None:
    """The error is one line that names the file and the problem."""
    with pytest.raises(ModelError, match=rf"^[^\n]*my\.onnx: [^\n]*{told}[^\n]*$"):
        own(*graph)


@pytest.mark.parametrize("content", [b"", b"\0", b"not a model", os.urandom(4096), b"\x08\x08"])
def test_a_file_that_is_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    """An empty file, text, noise and a truncated model give one line each, and no crash."""
    path = tmp_path / "my.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"^[^\n]*my\.onnx: [^\n]+$"):
        load("own", {"STACKDUEL_OWN_MODEL": str(path)})


def test_a_model_that_is_cut_off_is_refused(own: Callable[..., Model], tmp_path: Path) -> None:
    """A file cut at any place is neither accepted nor ends the process."""
    own(*relu(FLOAT, "n", 3))
    content = (tmp_path / "my.onnx").read_bytes()
    for end in range(1, len(content) - 1, 7):
        (tmp_path / "cut.onnx").write_bytes(content[:end])
        with pytest.raises(ModelError, match=r"cut\.onnx: "):
            load("own", {"STACKDUEL_OWN_MODEL": str(tmp_path / "cut.onnx")})


def test_weights_that_are_kept_elsewhere_must_be_there(own: Callable[..., Model], tmp_path: Path) -> None:
    """A model with its weights in a separate file works beside it, and names it if it is missing."""
    weights = {"w": np.eye(64, dtype=np.float32)}
    graph = [helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": (FLOAT, ("n", 64))}, {"y": (FLOAT, ("n", 64))}
    outside = {"save_as_external_data": True, "location": "my.weights", "size_threshold": 0}
    model = own(*graph, weights, **outside)
    assert answer(model, np.arange(64, dtype=np.float32))["y"].tolist() == [list(range(64))]
    (tmp_path / "my.weights").unlink()
    with pytest.raises(ModelError, match=r"^[^\n]*my\.onnx: [^\n]*my\.weights[^\n]*$"):
        load("own", {"STACKDUEL_OWN_MODEL": str(tmp_path / "my.onnx")})


def test_a_file_must_be_named_and_be_there(tmp_path: Path) -> None:
    """No name, no file, a folder, and a file over ONNX's own limit are refused."""
    large = tmp_path / "large.onnx"
    with large.open("wb") as stream:
        stream.truncate(2**31)
    for name, told in (
        ("", "STACKDUEL_OWN_MODEL names no file"),
        (str(tmp_path / "absent.onnx"), r"absent\.onnx: cannot be read: "),
        (str(tmp_path), "must be a file of 1 byte to 2 GiB"),
        (str(large), r"large\.onnx: must be a file of 1 byte to 2 GiB"),
    ):
        with pytest.raises(ModelError, match=told):
            load("own", {"STACKDUEL_OWN_MODEL": name})


def test_an_unknown_model_is_refused() -> None:
    """The error lists the known models."""
    with pytest.raises(ModelError, match="'nope' is unknown; there are fast-cnn, speaker, vad, face, embed"):
        load("nope", os.environ)
