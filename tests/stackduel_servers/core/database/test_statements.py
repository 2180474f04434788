"""The rows and statements of the endpoints that need a database."""

from __future__ import annotations

from stackduel_servers.core.database.statements import UPDATE, WORLD, WORLDS, ids, new_number


def test_the_rows_of_a_request_differ_and_are_the_same_each_time() -> None:
    """However many are asked for, and wherever they begin."""
    for first in (1, 4217, WORLDS):
        found = ids(first, 500)
        assert found[0] == first
        assert len(set(found)) == 500
        assert set(found) <= set(range(1, WORLDS + 1))
        assert found == ids(first, 500)


def test_a_new_number_is_one_that_the_table_may_hold() -> None:
    """It follows from the row and the seed."""
    assert all(1 <= new_number(world, seed) <= WORLDS for world in (1, WORLDS) for seed in (0, 1, 999_999))
    assert new_number(5, 1) != new_number(5, 2)


def test_each_driver_gets_its_own_form() -> None:
    """Parameters by number, or each as %s in the same order."""
    assert WORLD.by_position == "SELECT id, randomnumber FROM stackduel.world WHERE id = %s"
    assert UPDATE.by_position.count("%s") == UPDATE.text.count("$") == 2
