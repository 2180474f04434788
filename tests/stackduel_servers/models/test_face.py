"""face: it detects the one face of a well-known picture, at any place, and no face where there is none."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stackduel_servers.models import sample_inputs, store
from stackduel_servers.models.face import pyramid
from stackduel_servers.models.model import Model
from stackduel_servers.models.package import Package, fetch, members

# The pictures lie in scikit-image's wheel; the platform is named so that it is the same wheel everywhere.
PICTURES = Package(
    "scikit-image",
    "0.26.0",
    "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    options=("--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"),
)
NAMES = ("astronaut", "chelsea", "coffee")
# The astronaut's face and the middle of her features, seen by eye, in pixels of the picture of 512 by 512.
FACE = (175, 60, 275, 180)
EYES_AND_MOUTH = ((203, 103), (247, 103), (224, 127), (205, 140), (244, 140))

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="session")
def pictures() -> Mapping[str, Pixels]:
    """A portrait, a cat and a cup of coffee, fetched once into the folder of the models."""
    kept = store.folder(os.environ) / "tests"
    if not all((kept / f"{name}.png").is_file() for name in NAMES):
        kept.mkdir(parents=True, exist_ok=True)
        wanted = [f"skimage/data/{name}.png" for name in NAMES]
        for name, content in zip(NAMES, members(PICTURES, fetch(PICTURES, os.environ), wanted, 2**20), strict=True):
            temporary = kept / f".{name}.{os.getpid()}"
            temporary.write_bytes(content)
            temporary.replace(kept / f"{name}.png")
    return {name: pixels(kept / f"{name}.png") for name in NAMES}


def pixels(path: Path) -> Pixels:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return np.asarray(image.convert("RGB"))


def detect(model: Callable[[str], Model], picture: Pixels) -> Mapping[str, NDArray[np.float32]]:
    face = model("face")
    return face.finish(face.infer([face.prepare(picture)])[0])


def test_it_finds_the_astronaut_s_face_and_features(
    model: Callable[[str], Model], pictures: Mapping[str, Pixels]
) -> None:
    """It returns one sure box at her face, with eyes, nose and mouth within 8 pixels of their places."""
    found = detect(model, pictures["astronaut"])
    assert found["scores"].shape == (1,)
    assert found["scores"][0] > 0.99
    assert np.abs(found["boxes"][0] - FACE).max() < 15
    across, down = found["landmarks"][0, :5], found["landmarks"][0, 5:]
    assert np.abs(np.stack([across, down], axis=1) - EYES_AND_MOUTH).max() < 8


def test_a_face_that_moves_is_found_where_it_went(
    model: Callable[[str], Model], pictures: Mapping[str, Pixels]
) -> None:
    """In the mirrored picture, the face is on the other side."""
    found = detect(model, np.ascontiguousarray(pictures["astronaut"][:, ::-1]))
    left, top, right, bottom = FACE
    assert np.abs(found["boxes"][0] - (511 - right, top, 511 - left, bottom)).max() < 15


def test_a_face_at_the_edge_is_found(model: Callable[[str], Model], pictures: Mapping[str, Pixels]) -> None:
    """With half of the hair outside the picture, the cut-out is padded with black and the box is still right."""
    cut = pictures["astronaut"][75:, 190:]
    found = detect(model, np.ascontiguousarray(cut))
    assert len(found["scores"]) == 1
    assert np.abs(found["boxes"][0, 2:] - (FACE[2] - 190, FACE[3] - 75)).max() < 20


@pytest.mark.parametrize("name", ["chelsea", "coffee"])
def test_a_cat_and_a_cup_have_no_face(model: Callable[[str], Model], pictures: Mapping[str, Pixels], name: str) -> None:
    """The result is empty, in the card's shapes."""
    found = detect(model, pictures[name])
    assert {key: array.shape for key, array in found.items()} == {"boxes": (0, 4), "scores": (0,), "landmarks": (0, 10)}


def test_pictures_of_a_batch_do_not_meet(model: Callable[[str], Model], pictures: Mapping[str, Pixels]) -> None:
    """Each picture has its own answer, in order, equal to the last bit."""
    face = model("face")
    batch = [face.prepare(pictures[name]) for name in ("chelsea", "astronaut", "chelsea", "astronaut")]
    found = face.infer(batch)
    assert [len(scores) for _, scores, _ in found] == [0, 1, 0, 1]
    for one, other in zip(found[1], face.infer([batch[1]])[0], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("shape", [(20, 20), (20, 500), (31, 21)])
def test_small_and_long_pictures_can_be_searched(model: Callable[[str], Model], shape: tuple[int, int]) -> None:
    """The smallest allowed sides and very unequal sides work."""
    assert len(detect(model, sample_inputs.picture(*shape, 1))["scores"]) == 0
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert detect(model, noise)["boxes"].shape[1] == 4


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (np.zeros((19, 100, 3), dtype=np.uint8), "20 to 2048 pixels"),
        (np.zeros((100, 2049, 3), dtype=np.uint8), "20 to 2048 pixels"),
        (np.zeros((100, 100, 4), dtype=np.uint8), "RGB"),
        (np.zeros((100, 100), dtype=np.uint8), "RGB"),
        (np.zeros((100, 100, 3), dtype=np.float32), "8 bits"),
        ("a picture", "RGB"),
    ],
)
def test_what_is_no_picture_is_refused(model: Callable[[str], Model], wrong: Pixels | str, told: str) -> None:
    """The error names the bounds."""
    with pytest.raises(ValueError, match=told):
        model("face").prepare(wrong)


def test_the_pyramid_reaches_from_the_smallest_face_to_the_whole_picture() -> None:
    """20 pixels become 12 at the first scale; at the last the picture is just above 12."""
    scales = pyramid(256)
    assert scales[0] * 20 == pytest.approx(12)
    assert 12 <= 256 * scales[-1] < 12 / 0.709
    assert pyramid(20) == [0.6]
