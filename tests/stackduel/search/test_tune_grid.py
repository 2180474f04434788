"""The candidates of a tuning, and which of them a screening begins with."""

from __future__ import annotations

import pytest

from stackduel.model.application import Interface
from stackduel.search.tune_grid import candidates_for, narrowed
from tests.stackduel.tuned import application

WSGI = candidates_for(application(), 1, 64)


def kinds(interface: Interface, *servers: str) -> set[tuple[str, str | None]]:
    """The kinds of candidates of an application whose interpreter can import these servers."""
    return {each.kind for each in candidates_for(application(interface, servers), 1, 64)}


def test_each_interface_has_its_servers() -> None:
    """A server of the other kind is none."""
    assert kinds("wsgi", "gunicorn", "uvicorn", "waitress") == {
        ("gunicorn", "sync"), ("gunicorn", "gthread"), ("gunicorn", "gevent"), ("waitress", None),
    }  # fmt: skip
    assert kinds("asgi", "gunicorn", "uvicorn", "waitress") == {("gunicorn", "asgi"), ("uvicorn", None)}
    assert kinds("asgi", "waitress") == set()


def test_names_are_unique_and_slots_are_workers_times_threads() -> None:
    """A server without a limit has none."""
    assert len({each.stack for each in WSGI}) == len(WSGI)
    for each in WSGI:
        assert each.slots in {None, each.workers * (each.threads or 1)}
    assert {each.slots for each in WSGI if each.worker_class == "gevent"} == {None}


@pytest.mark.parametrize(("cores", "connections"), [(1, 1), (1, 64), (4, 16), (16, 512)])
def test_nothing_is_tried_that_could_hold_far_more_than_arrives(cores: int, connections: int) -> None:
    """Workers follow the cores, and slots end at twice the connections."""
    found = candidates_for(application(), cores, connections)
    assert found
    assert all(each.workers % cores == 0 for each in found if each.server != "waitress")
    assert all(each.slots is None or each.slots <= max(2 * connections, cores) for each in found)


def test_every_kind_is_in_the_field_before_any_is_in_it_twice() -> None:
    """As many candidates as there are kinds: one of each, that which fits best."""
    every = {each.kind for each in WSGI}
    field = narrowed(WSGI, 64, len(every))
    assert {each.kind for each in field} == every
    assert {each.slots for each in field if each.threads} == {64}


def test_what_waits_gets_many_slots_and_what_computes_few() -> None:
    """The sizes follow from the slots that are needed."""
    waits, computes = narrowed(WSGI, 64, 12), narrowed(WSGI, 1, 12)
    assert max(each.slots or 0 for each in computes) <= 8
    assert [each.slots for each in waits if each.slots is not None and each.worker_class != "sync"]
    assert all((each.slots or 64) >= 16 for each in waits)


def test_without_known_waits_the_sizes_are_spread() -> None:
    """No size is left out by a guess: each kind has a small and a large one."""
    field = [each for each in narrowed(WSGI, None, 15) if each.worker_class == "gthread"]
    slots = [each.slots or 0 for each in field]
    assert min(slots) <= 4
    assert max(slots) >= 64


def test_the_field_is_never_larger_than_asked() -> None:
    """All candidates where there is room."""
    assert narrowed(WSGI, 8, 1000) == WSGI
    assert len(narrowed(WSGI, 8, 3)) == 3
