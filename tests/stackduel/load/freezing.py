"""A server in a process of its own that answers at once, but for a second in which it does nothing at all."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import nan
from typing import cast

import numpy as np
import uvloop
from numpy.typing import NDArray

from stackduel.load.clock import clock
from stackduel.model.target import Address
from tests.stackduel.load.apart import running_apart
from tests.stackduel.load.scripted import ANSWER

SLOW = "/slow"
SLOW_S = 0.01


@dataclass
class Freeze:
    """Where the server is, and once it has ended from when to when it was frozen, in ``clock`` seconds."""

    address: Address
    frozen_s: float = nan
    thawed_s: float = nan

    def quantile_ms(self, arrivals_s: NDArray[np.float64], q: float) -> float:
        """A quantile of the latencies of requests that arrived then, had the server no delay but the freeze."""
        met = (arrivals_s >= self.frozen_s) & (arrivals_s < self.thawed_s)
        waits_s = np.where(met, self.thawed_s - arrivals_s, 0.0)
        return 1000 * float(np.quantile(waits_s, q, method="inverted_cdf"))


@contextmanager
def freezing_apart(after_s: float, for_s: float) -> Iterator[Freeze]:
    """Serve, and so long after the first request freeze for so long; ``SLOW`` takes ``SLOW_S`` by itself."""
    found: list[float] = []
    with running_apart("tests.stackduel.load.freezing", str(after_s), str(for_s), timings=found.extend) as address:
        freeze = Freeze(address)
        yield freeze
    freeze.frozen_s, freeze.thawed_s = found


class Freezing(asyncio.Protocol):
    """A connection of the server; the requests come one to a packet."""

    seen = False
    moments_s = (nan, nan)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        if not Freezing.seen:
            Freezing.seen = True
            loop.call_later(float(sys.argv[1]), self.freeze)
        if data.startswith(f"GET {SLOW} ".encode()):
            loop.call_later(SLOW_S, self._transport.write, ANSWER)
        else:
            self._transport.write(ANSWER)

    def freeze(self) -> None:
        """Let nothing in this process go on."""
        frozen_s = clock()
        time.sleep(float(sys.argv[2]))
        Freezing.moments_s = (frozen_s, clock())


async def main() -> None:
    """Serve until stdin ends, then tell when the freeze was."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Freezing, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    sys.stdout.write(json.dumps(Freezing.moments_s))


if __name__ == "__main__":
    uvloop.run(main())
