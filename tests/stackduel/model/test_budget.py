"""The division of the machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.budget import MOST_GENERATOR_PER_SERVER, Budget, divide, most_cores

HOSTS = st.sets(st.integers(0, 255), min_size=2).map(lambda cores: tuple(sorted(cores)))


def places(budget: Budget) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    return budget.server, budget.generator, budget.downstream


@given(HOSTS)
def test_the_server_shares_its_core_with_nobody(cores: tuple[int, ...]) -> None:
    """With two cores or more the server's core is neither the generator's nor the downstream's."""
    budget = divide(cores)
    assert len(budget.server) == 1
    assert not set(budget.server) & {*budget.generator, *budget.downstream}
    assert {*budget.server, *budget.generator, *budget.downstream} <= set(cores)
    assert budget.note == ""


@given(HOSTS, st.data())
def test_a_number_that_is_asked_for_is_given_to_itself(cores: tuple[int, ...], data: st.DataObject) -> None:
    """Every number up to all cores but one leaves the generator and the downstream theirs, and is remembered."""
    asked = data.draw(st.integers(1, most_cores(len(cores), shared=False)))
    budget = divide(cores, asked=asked)
    assert budget.server == cores[:asked]
    assert budget.generator
    assert budget.downstream == cores[-1:]
    assert not set(budget.server) & {*budget.generator, *budget.downstream}
    assert len(budget.generator) <= MOST_GENERATOR_PER_SERVER * asked
    assert (budget.note, budget.asked) == ("", asked)


def test_two_cores_are_divided_as_designed() -> None:
    """On two cores the server has the first, the generator and the downstream the second."""
    assert places(divide((0, 1))) == places(divide((0, 1), asked=1)) == ((0,), (1,), (1,))


@pytest.mark.parametrize(
    ("count", "asked", "server", "generator", "downstream"),
    [
        (4, None, 1, 2, 1),
        (4, 2, 2, 1, 1),
        (4, 3, 3, 1, 1),  # the generator's core is the downstream's, too
        (8, None, 1, 4, 1),
        (8, 4, 4, 3, 1),
        (64, None, 1, 4, 1),
        (64, 8, 8, 32, 1),
        (64, 32, 32, 31, 1),
        (64, 63, 63, 1, 1),
    ],
)
def test_hosts_of_many_cores(count: int, asked: int | None, server: int, generator: int, downstream: int) -> None:
    """Beside the server's cores the downstream has the last one, and the generator those between."""
    budget = divide(tuple(range(count)), asked=asked)
    assert tuple(map(len, places(budget))) == (server, generator, downstream)


def test_one_core_is_shared_and_said_so() -> None:
    """One core serves all three, and the note says what that means; none at all is an error."""
    assert "take it from each other" in divide((3,)).note
    assert "take it from each other" in divide((3,), asked=1).note
    with pytest.raises(ValueError, match="at least one"):
        divide(())


@pytest.mark.parametrize(("asked", "shared"), [(0, False), (2, False), (3, True)])
def test_more_than_the_host_has_is_an_error(asked: int, shared: bool) -> None:
    """Two cores give the server one, or both where they are shared, and never none or three."""
    with pytest.raises(ValueError, match=f"of 2 for the server, not {asked}"):
        divide((0, 1), shared=shared, asked=asked)


@pytest.mark.parametrize(
    ("cores", "server", "generator", "downstream", "said"),
    [
        ((0, 1), (0, 1), (1,), (1,), True),
        ((4, 5, 6), (4, 5, 6), (6,), (6,), True),
        ((0, 1, 2, 3), (0, 1), (2,), (3,), False),
        (tuple(range(5)), (0, 1), (2, 3), (4,), False),
        (tuple(range(16)), tuple(range(8)), tuple(range(8, 15)), (15,), False),
    ],
)
def test_work_that_one_core_could_not_show_gets_more(
    cores: tuple[int, ...], server: tuple[int, ...], generator: tuple[int, ...], downstream: tuple[int, ...], said: bool
) -> None:
    """With shared cores the server has half of many cores to itself, and all of few; only the latter is noted."""
    budget = divide(cores, shared=True)
    assert places(budget) == (server, generator, downstream)
    assert ("share cores" in budget.note) == said == bool({*server} & {*generator})
    assert budget.shared


def test_shared_cores_may_all_be_asked_for() -> None:
    """The server has as many as are asked for: all of them, which the note says, or fewer and then to itself."""
    every = divide((0, 1, 2, 3), shared=True, asked=4)
    assert places(every) == ((0, 1, 2, 3), (3,), (3,))
    assert "has all 4" in every.note
    assert places(divide((0, 1), shared=True, asked=1)) == places(divide((0, 1)))


def test_one_core_cannot_be_shared_any_further() -> None:
    """It is divided as ever, and remembers what was asked for."""
    assert replace(divide((3,), shared=True), shared=False) == divide((3,))
