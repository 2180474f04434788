"""Orders that conflict: how long they are tried, and what is said then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import cast

import pytest

from stackduel_servers.core.database import asynchronous, blocking
from stackduel_servers.core.database.failures import ConflictError
from stackduel_servers.core.database.orders import LONGEST_PAUSE_S, Order, pauses_s, total_again
from stackduel_servers.core.database.repository import AsyncRepository, DatabaseSession, Repository
from stackduel_servers.core.errors import HttpError

WITHIN_S = 0.2


class Contested:
    """Connections on which every transaction conflicts."""

    timeout_s = WITHIN_S

    def __init__(self) -> None:
        self.attempts = 0

    @contextmanager
    def isolated(self) -> Iterator[DatabaseSession]:
        self.attempts += 1
        raise ConflictError
        yield


class ContestedAsync(Contested):
    """The same for code that suspends its task."""

    @asynccontextmanager
    async def isolated(self) -> AsyncIterator[DatabaseSession]:  # type: ignore[override]
        self.attempts += 1
        raise ConflictError
        yield


def test_an_order_that_always_conflicts_is_given_up() -> None:
    """It is tried more than once, and is then a 503 that says when to come again."""
    contested = Contested()
    with pytest.raises(HttpError) as refused:
        blocking.order(cast("Repository", contested), b"key=a")
    _is_given_up(contested, refused.value)


def test_an_order_that_always_conflicts_is_given_up_by_a_task_too() -> None:
    """The same, while the event loop goes on."""
    contested = ContestedAsync()
    with pytest.raises(HttpError) as refused:
        asyncio.run(asynchronous.order(cast("AsyncRepository", contested), b"key=a"))
    _is_given_up(contested, refused.value)


def _is_given_up(contested: Contested, error: HttpError) -> None:
    assert contested.attempts > 1
    assert (error.status, error.message) == (503, "database busy: the order conflicted with others for 0.2 s")
    assert error.headers == (("Retry-After", "1"),)


def test_pauses_are_bounded() -> None:
    """None is longer than the longest, and without time there is none."""
    pauses = pauses_s(60)
    assert all(0 <= next(pauses) <= LONGEST_PAUSE_S for _ in range(1000))
    assert list(pauses_s(0)) == []


def test_an_order_again_has_the_total_that_it_had() -> None:
    """One that differs in anything was another's."""
    order = Order("a", 1, 2, 3)
    assert total_again(order, (1, 2, 3, 450)) == 450
    for taken in ((9, 2, 3, 450), (1, 9, 3, 450), (1, 2, 9, 450)):
        with pytest.raises(HttpError) as refused:
            total_again(order, taken)
        assert refused.value.status == 409
