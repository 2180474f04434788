"""Which ``UNAVAILABLE`` of a gRPC call is the server's answer, and which tells of a connection that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from stackduel.load.clock import clock

# For how long a connection is watched that may be going, and how often. A channel learns of its connection's end some
# milliseconds after its calls do, as gRPC looks after it in a thread of its own.
SETTLE_S = 0.1
_LOOK_S = 0.001


class Refusals:
    """Watches one channel, which ``ready`` says to be connected, whenever a call was refused."""

    def __init__(self, ready: Callable[[], bool]) -> None:
        self._ready = ready
        self._own: tuple[str | None, ...] = ()

    async def is_answer(self, words: str | None) -> bool:
        """Return whether the connection outlives an ``UNAVAILABLE``.

        Words that it outlived before are the server's own: a full queue that says the same to thousands of calls delays
        the first of them only.
        """
        end_s = clock() + SETTLE_S
        while self._ready():
            if self._own == (words,) or clock() >= end_s:
                self._own = (words,)
                return True
            await asyncio.sleep(_LOOK_S)
        return False
