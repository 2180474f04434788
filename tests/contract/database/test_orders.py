"""Orders on a real PostgreSQL: each is there once, whatever conflicts, is sent again or breaks on the way."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

import pytest

from stackduel.launch.postgres.database import Database
from tests.contract.database.bounds import POOL
from tests.contract.database.postgres import end_backends, posted
from tests.contract.served import Served
from tests.contract.wire import WireAnswer
from tests.postgres import ask as ask_database
from tests.until import until

FILLED = 1_000_000_000_000
# Twice as many as the pool has connections, on one product and one account: each order meets others.
CLIENTS, ORDERS = 2 * POOL, 10
USED_ALREADY = b'{"error":"key was used for another order"}'


@pytest.fixture(autouse=True)
def filled(database: Database) -> None:
    """No orders yet."""
    ask_database(
        database,
        "TRUNCATE stackduel.orders; "
        f"UPDATE stackduel.account SET balance = {FILLED}; UPDATE stackduel.product SET stock = {FILLED}",
    )


def test_each_order_is_there_once_and_the_balances_are_theirs(stack: Served, database: Database) -> None:
    """All at once for one product and one account: every one is acknowledged in the end, and none is lost."""
    keys = [f"one-{number}" for number in range(CLIENTS * ORDERS)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda key: _in_the_end(stack, f"/order?account=5&product=9&key={key}"), keys))
    assert [json.loads(answer.body)["key"] for answer in answers] == keys
    assert _kept(database) == dict.fromkeys(keys, 1)
    assert _balances_are_the_orders(database)


def test_an_order_that_is_sent_again_is_there_once(stack: Served, database: Database) -> None:
    """One after another and at once: the answer is the same, and so is the account."""
    target = "/order?account=8&product=3&quantity=4&key=again"
    first = posted(stack, target)
    with ThreadPoolExecutor(CLIENTS) as clients:
        at_once = list(clients.map(lambda _: _in_the_end(stack, f"{target}-at-once"), range(CLIENTS)))
    assert first.status == 200
    assert posted(stack, target).body == first.body
    assert {json.loads(answer.body)["key"] for answer in at_once} == {"again-at-once"}
    assert _kept(database) == {"again": 1, "again-at-once": 1}
    assert _balances_are_the_orders(database)


def test_a_key_of_another_order_is_refused(stack: Served, database: Database) -> None:
    """Whatever differs: nothing of it is kept."""
    assert posted(stack, "/order?account=1&product=1&quantity=1&key=mine").status == 200
    for other in ("account=2&product=1&quantity=1", "account=1&product=2&quantity=1", "account=1&product=1&quantity=2"):
        answer = posted(stack, f"/order?{other}&key=mine")
        assert (answer.status, answer.body) == (409, USED_ALREADY)
    assert _kept(database) == {"mine": 1}
    assert _balances_are_the_orders(database)


def test_orders_without_a_key_are_all_different(stack: Served, database: Database) -> None:
    """Sent twice, they are two."""
    for _ in range(2):
        assert json.loads(posted(stack, "/order").body)["key"] is None
    assert ask_database(database, "SELECT count(*) FROM stackduel.orders") == "2"
    assert _balances_are_the_orders(database)


def test_nothing_is_lost_or_there_twice_when_connections_end(stack: Served, database: Database) -> None:
    """Acknowledged <= kept <= sent, with all backends ended under load; sent again, the rest is there once, too."""
    sent: dict[str, int] = {}
    numbers, ended = count(), threading.Event()

    def client() -> None:
        while not ended.is_set():
            key = f"broken-{next(numbers)}"
            sent[key] = 0
            sent[key] = posted(stack, _broken(key)).status

    with ThreadPoolExecutor(POOL) as clients:
        running = [clients.submit(client) for _ in range(POOL)]
        try:
            for _ in range(4):
                assert until(partial(_acknowledges, sent, _acknowledged(sent) + 15))
                end_backends(database)
        finally:
            ended.set()
        for each in running:
            each.result()
    kept = _kept(database)
    assert set(sent.values()) <= {200, 503}
    assert {key for key, status in sent.items() if status == 200} <= set(kept) <= set(sent)
    assert set(kept.values()) == {1}
    assert _balances_are_the_orders(database)
    assert until(lambda: all(posted(stack, _broken(key)).status == 200 for key in sent))
    assert _kept(database) == dict.fromkeys(sent, 1)
    assert _balances_are_the_orders(database)


def _in_the_end(stack: Served, target: str) -> WireAnswer:
    """The first answer that is right; a slow machine may need more time for a conflict than a request may take."""
    answers: list[WireAnswer] = []

    def is_right() -> bool:
        answers.append(posted(stack, target))
        assert answers[-1].status in {200, 503}
        return answers[-1].status == 200

    assert until(is_right)
    return answers[-1]


def _broken(key: str) -> str:
    return f"/order?account=6&product=6&quantity=1&key={key}"


def _acknowledged(sent: Mapping[str, int]) -> int:
    return list(sent.values()).count(200)


def _acknowledges(sent: Mapping[str, int], wanted: int) -> bool:
    return _acknowledged(sent) >= wanted


def _kept(database: Database) -> dict[str, int]:
    """How often each key is in the table."""
    return Counter(ask_database(database, "SELECT key FROM stackduel.orders").split())


def _balances_are_the_orders(database: Database) -> bool:
    """Whether each account and each product have lost what the orders say, and nothing else."""
    return not (
        _differing(database, "account", "balance", "total") or _differing(database, "product", "stock", "quantity")
    )


def _differing(database: Database, table: str, left: str, taken: str) -> Iterable[str]:
    return ask_database(
        database,
        f"SELECT {table}.id FROM stackduel.{table} LEFT JOIN stackduel.orders ON {table}_id = {table}.id "
        f"GROUP BY {table}.id HAVING {left} <> {FILLED} - coalesce(sum({taken}), 0)",
    ).split()
