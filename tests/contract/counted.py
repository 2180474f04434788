"""A server's ``/metrics``, and a load whose requests are counted as they are answered."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from prometheus_client.parser import text_string_to_metric_families

from tests.contract.wire import ClosedError, ask, connected

UNANSWERED = 0

Labels = tuple[tuple[str, str], ...]


def samples(port: int) -> dict[tuple[str, Labels], float]:
    """Every number of the page, by its name and labels."""
    answer = ask(port, "/metrics")
    assert answer.status == 200, answer.body
    families = text_string_to_metric_families(answer.body.decode())
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def total(port: int, name: str, **labels: str) -> float:
    """The sum of all numbers of that name with these labels."""
    wanted = set(labels.items())
    return sum(value for (found, having), value in samples(port).items() if found == name and wanted <= set(having))


def load(port: int, target: str, connections: int, requests: int) -> Counter[int]:
    """Have so many requests answered on each of so many connections at once; return how many had which status.

    Under UNANSWERED are those that a server closed its connection on, as a worker that is replaced does: it may have
    answered them.
    """
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    def client(_: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        while (left := requests - statuses.total() + statuses[UNANSWERED]) > 0:
            with suppress(ClosedError, ConnectionError), connected(port) as wire:
                for _ in range(left):
                    statuses[UNANSWERED] += 1
                    wire.send(head)
                    statuses[wire.answer().status] += 1
                    statuses[UNANSWERED] -= 1
        return statuses

    with ThreadPoolExecutor(connections) as pool:
        return sum(pool.map(client, range(connections)), Counter())
