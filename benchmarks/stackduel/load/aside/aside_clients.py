"""All clients beside a load, on a thread of their own: the load's own connections are not touched."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from stackduel.load.aside.aside_client import AsideClient
from stackduel.load.aside.client_plan import ClientPlan, ClientStream
from stackduel.load.clock import clock
from stackduel.load.drivers.request_head import request_bytes
from stackduel.model.suite import Workload
from stackduel.model.target import Address


class AsideClients:
    """Clients that follow their plans from ``open`` on; leaving the context closes all connections."""

    def __init__(self, address: Address, workload: Workload, plans: Sequence[ClientPlan]) -> None:
        request = request_bytes(address, workload)
        self._clients = [AsideClient(address, request, plan) for plan in plans]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="clients aside", daemon=True)
        self._tasks: list[asyncio.Task[None]] = []
        self._began_s = 0.0
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.ident is not None:
            self._loop.call_soon_threadsafe(self._end)
            self._thread.join()
        self._loop.close()

    @property
    def streams(self) -> tuple[ClientStream, ...]:
        """Return what became of each client's stream; final once the context is left."""
        return tuple(client.stream for client in self._clients)

    def open(self) -> None:
        """Begin: the window opens now."""
        self._began_s = clock()
        self._thread.start()

    def _run(self) -> None:
        self._loop.run_until_complete(self._all())

    async def _all(self) -> None:
        # The context may be left before this thread has begun.
        if self._is_over:
            return
        self._tasks = [self._loop.create_task(client.run(self._began_s)) for client in self._clients]
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _end(self) -> None:
        self._is_over = True
        for task in self._tasks:
            task.cancel()
