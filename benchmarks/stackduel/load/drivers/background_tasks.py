"""Background tasks: they are kept alive, and their errors are reported."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Tasks:
    """A client's own tasks; an error in one goes to the loop's exception handler, which ends the load."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        """Let a coroutine run by itself."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def cancel(self) -> None:
        """End all tasks; return when they have."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": "the client cannot go on", "exception": error, "task": task}
            asyncio.get_running_loop().call_exception_handler(context)
