"""Which boxes are kept and how they are corrected, compared with the simplest definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.models.boxes import Over, corrected, keep_best, square


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array([[left, top, right, bottom]], dtype=np.float32)


def overlap(one: list[int], other: list[int], over: Over) -> float:
    """The overlap of two boxes by counting their pixels."""
    pixels = [
        {(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)}
        for left, top, right, bottom in (one, other)
    ]
    whole = len(pixels[0] | pixels[1]) if over == "union" else min(map(len, pixels))
    return len(pixels[0] & pixels[1]) / whole


BOXES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 8), st.integers(1, 8)).map(
        lambda each: [each[0], each[1], each[0] + each[2], each[1] + each[3]]
    ),
    max_size=8,
)


@given(
    BOXES,
    st.randoms(use_true_random=False),
    st.sampled_from(["union", "smaller"]),
    st.sampled_from([0.331, 0.501, 0.701]),
)
def test_a_box_is_kept_unless_a_better_one_that_is_kept_covers_it(
    boxes: list[list[int]], random: object, over: Over, most: float
) -> None:
    """The result equals the definition, applied box by box in order of score, counting single pixels."""
    scores = [0.5 + place / 20 for place in range(len(boxes))]
    random.shuffle(scores)  # type: ignore[attr-defined]
    wanted: list[int] = []
    for index in sorted(range(len(boxes)), key=lambda each: -scores[each]):
        if all(overlap(boxes[index], boxes[kept], over) <= most for kept in wanted):
            wanted.append(index)
    given_boxes = np.array(boxes, dtype=np.float32).reshape(-1, 4)
    assert keep_best(given_boxes, np.array(scores, dtype=np.float32), most, over).tolist() == wanted


def test_a_correction_counts_in_widths_and_heights_of_the_box() -> None:
    """The box moves by a tenth of its width and half its height, counting both ends."""
    found = corrected(box(10, 20, 29, 59), np.array([[0.1, -0.5, 0.0, 0.25]], dtype=np.float32))
    np.testing.assert_allclose(found, box(12, 0, 29, 69), rtol=1e-6)


@pytest.mark.parametrize(
    ("given_box", "wanted"),
    [((0, 0, 10, 20), (-5, 0, 15, 20)), ((0, 0, 20, 10), (0, -5, 20, 15)), ((3, 4, 5, 6), (3, 4, 5, 6))],
)
def test_a_square_has_the_longer_side_and_the_same_middle(
    given_box: tuple[int, int, int, int], wanted: tuple[int, int, int, int]
) -> None:
    """The shorter side grows at both ends."""
    np.testing.assert_allclose(square(box(*given_box)), box(*wanted))
