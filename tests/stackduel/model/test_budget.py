"""The division of the machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.budget import divide


@given(st.sets(st.integers(0, 255), min_size=2).map(lambda cores: tuple(sorted(cores))))
def test_the_server_shares_its_core_with_nobody(cores: tuple[int, ...]) -> None:
    """With two cores or more the server's core is neither the generator's nor the downstream's."""
    budget = divide(cores)
    assert len(budget.server) == 1
    assert not set(budget.server) & {*budget.generator, *budget.downstream}
    assert {*budget.server, *budget.generator, *budget.downstream} <= set(cores)
    assert budget.note == ""


def test_two_cores_are_divided_as_designed() -> None:
    """On two cores the server has the first, the generator and the downstream the second."""
    budget = divide((0, 1))
    assert (budget.server, budget.generator, budget.downstream) == ((0,), (1,), (1,))


def test_one_core_is_shared_and_said_so() -> None:
    """One core serves all three, and the note says what that means; none at all is an error."""
    assert "take it from each other" in divide((3,)).note
    with pytest.raises(ValueError, match="at least one"):
        divide(())


@pytest.mark.parametrize(
    ("cores", "server", "generator", "downstream", "said"),
    [
        ((0, 1), (0, 1), (1,), (1,), True),
        ((4, 5, 6), (4, 5, 6), (6,), (6,), True),
        ((0, 1, 2, 3), (0, 1), (2,), (3,), False),
        (tuple(range(5)), (0, 1), (2, 3), (4,), False),
        (tuple(range(16)), tuple(range(8)), (8, 9, 10, 11), (15,), False),
    ],
)
def test_work_that_one_core_could_not_show_gets_more(
    cores: tuple[int, ...], server: tuple[int, ...], generator: tuple[int, ...], downstream: tuple[int, ...], said: bool
) -> None:
    """With shared cores the server has half of many cores to itself, and all of few; only the latter is noted."""
    budget = divide(cores, shared=True)
    assert (budget.server, budget.generator, budget.downstream) == (server, generator, downstream)
    assert ("share cores" in budget.note) == said == bool({*server} & {*generator})
    assert budget.shared


def test_one_core_cannot_be_shared_any_further() -> None:
    """It is divided as ever, and remembers what was asked for."""
    assert replace(divide((3,), shared=True), shared=False) == divide((3,))
