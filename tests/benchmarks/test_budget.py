"""The division of the machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.budget import divide


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
