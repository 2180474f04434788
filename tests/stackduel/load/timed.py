"""A server with scripted service times in a process of its own, which tells how long it really took."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from stackduel.load.clock import clock, until
from stackduel.model.target import Address
from tests.stackduel.load.apart import running_apart
from tests.stackduel.load.scripted import ANSWER, ScriptedServer, Visit


@dataclass
class Truth:
    """Where the server is, and once it has ended the seconds between each request and its answer."""

    address: Address
    served_s: list[float] = field(default_factory=list)

    def quantile_ms(self, q: float) -> float:
        """A quantile of the service times."""
        return 1000 * float(np.quantile(self.served_s, q, method="inverted_cdf"))


@contextmanager
def serving_apart(delays_s: Sequence[float], phases: int) -> Iterator[Truth]:
    """Serve answers after these delays, in turn on each connection.

    The first answer on a connection comes later by one of so many ``phases`` of the first delay, so that the
    connections are not in step.
    """
    timings: list[float] = []
    arguments = json.dumps([delays_s, phases])
    with running_apart("tests.stackduel.load.timed", arguments, timings=timings.extend) as address:
        yield Truth(address, timings)


def main() -> None:
    """Serve until stdin ends, then tell the service times."""
    delays_s, phases = json.loads(sys.argv[1])
    served_s: list[float] = []

    async def script(visit: Visit) -> None:
        number = 0
        phase_s = delays_s[0] * (visit.number % phases) / phases
        async for _ in visit.requests():
            came_s = clock()
            await until(came_s + delays_s[number % len(delays_s)] + phase_s)
            await visit.send(ANSWER)
            if number:
                served_s.append(clock() - came_s)
            number += 1
            phase_s = 0.0

    with ScriptedServer(script) as server:
        sys.stdout.write(f"{server.address.port}\n")
        sys.stdout.flush()
        sys.stdin.read()
    sys.stdout.write(json.dumps(served_s))


if __name__ == "__main__":
    main()
