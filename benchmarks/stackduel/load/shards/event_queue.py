"""The events of all shards in one queue."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue

from stackduel.load.clock import clock
from stackduel.load.shards.channels import ShardMessage


class EventQueue:
    """The events of all shards in one queue; events of a shard that was replaced are dropped."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[int, object, ShardMessage | None]] = SimpleQueue()
        self._lives: dict[int, object] = {}

    def slot(self, index: int) -> Callable[[ShardMessage | None], None]:
        """Return the function by which a newly started shard delivers its events."""
        life = self._lives[index] = object()
        return lambda message: self._queue.put((index, life, message))

    def get(self, deadline_s: float) -> tuple[int, ShardMessage | None] | None:
        """Return the next event with its shard's index (event None: the shard ended), or None if none comes in time."""
        while True:
            try:
                index, life, message = self._queue.get(timeout=max(0.0, deadline_s - clock()))
            except Empty:
                return None
            if life is self._lives[index]:
                return index, message
