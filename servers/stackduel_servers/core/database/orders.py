"""An order, what it means to send one again, and how long one that conflicts is tried again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from stackduel_servers.core.database.statements import Row
from stackduel_servers.core.errors import HttpError

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.001, 0.05


@dataclass(frozen=True, slots=True)
class Order:
    """So many of a product for an account; orders with the same key are one."""

    key: str | None
    account: int
    product: int
    quantity: int


def total_again(order: Order, taken: Row) -> int:
    """Return the total of an order that was taken before; raises HttpError 409 if its key was another order's."""
    account, product, quantity, total = taken
    if (account, product, quantity) != (order.account, order.product, order.quantity):
        raise HttpError(409, "key was used for another order")
    return int(total)


def pauses_s(within_s: float) -> Iterator[float]:
    """Yield a pause after each attempt, drawn from ever longer ones, until the time for all attempts is over."""
    longest_s, ends_s = FIRST_PAUSE_S, monotonic() + within_s
    while monotonic() < ends_s:
        # Drawn, or orders that met once would meet again.
        yield random.uniform(0, longest_s)  # noqa: S311 - no secret
        longest_s = min(2 * longest_s, LONGEST_PAUSE_S)
