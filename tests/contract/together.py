"""One check of every stack, several stacks at a time: most of what a check takes is waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from stackduel_servers.registry import StackEntry
from tests.contract.conftest import ENTRIES
from tests.contract.served import Served

T = TypeVar("T")


def of_all(
    check: Callable[[StackEntry, Served], T], fleet: Mapping[str, Served], *, at_once: int
) -> Mapping[str, Future[T]]:
    """Return the result of the check on each stack, by its name; asking for a result raises that stack's failure."""
    with ThreadPoolExecutor(at_once) as threads:
        return {entry.name: threads.submit(check, entry, fleet[entry.name]) for entry in ENTRIES}
