"""A server's UNAVAILABLE, and that of a connection that is gone."""

from __future__ import annotations

import asyncio

from stackduel.load.drivers.grpc_refusals import Refusals


class Channel:
    """Is connected the first so many times that it is asked."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def ready(self) -> bool:
        self.looks -= 1
        return self.looks >= 0


def test_a_connection_that_goes_after_its_calls_was_lost() -> None:
    """A dying server ends its calls first: the channel is ready for some looks more, and then it is not."""
    assert not asyncio.run(Refusals(Channel(3).ready).is_answer("Cancelling all calls"))


def test_a_connection_that_stays_carried_an_answer_which_is_known_again() -> None:
    """The first refusal is watched until the connection has outlived it; the same words again take one look."""
    channel = Channel(10**6)

    async def refused_twice() -> tuple[int, int]:
        refusals = Refusals(channel.ready)
        assert await refusals.is_answer("queue is full")
        watched = 10**6 - channel.looks
        assert await refusals.is_answer("queue is full")
        return watched, 10**6 - channel.looks - watched

    first, second = asyncio.run(refused_twice())
    assert first > 1
    assert second == 1


def test_known_words_do_not_hide_a_lost_connection() -> None:
    """The last words of a server that died are no answer if the connection is gone."""
    channel = Channel(10**6)

    async def refused_and_lost() -> bool:
        refusals = Refusals(channel.ready)
        await refusals.is_answer("queue is full")
        channel.looks = 0
        return await refusals.is_answer("queue is full")

    assert not asyncio.run(refused_and_lost())
