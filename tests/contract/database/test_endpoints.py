"""The contract of the endpoints that need a database, on a real PostgreSQL: answers, failures, and recovery."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from stackduel.launch.postgres.database import Database
from stackduel.verify.contract.database_cases import DATABASE_CASES
from tests.contract.database.bounds import POOL
from tests.contract.database.postgres import end_backends, posted
from tests.contract.served import Served
from tests.contract.test_cases import ask_all
from tests.contract.wire import WireAnswer, ask
from tests.postgres import ask as ask_database
from tests.until import until

UNREACHABLE = b'{"error":"database unreachable"}'
BUSY = b'{"error":"database busy: no connection within 2 s"}'
TOO_SLOW = b'{"error":"database too slow: no answer within 2 s"}'


def test_every_stack_keeps_the_contract(stack: Served) -> None:
    """Each gives exactly the status, body and headers that all of them give, with the rows that the formulas give."""
    found = ask_all(stack, DATABASE_CASES)
    assert not {case: wrong for case, wrong in found.items() if wrong}
    assert len(found) == len(DATABASE_CASES)


def test_what_was_answered_was_written(stack: Served, database: Database) -> None:
    """An update is in the table once it is answered; sent again it changes nothing."""
    for _ in range(2):
        answer = json.loads(posted(stack, "/updates?id=6001&n=5&seed=3").body)
        rows = {each["id"]: each["randomNumber"] for each in answer["worlds"]}
        assert len(rows) == 5
        wanted = f"SELECT id, randomnumber FROM stackduel.world WHERE id IN ({', '.join(map(str, rows))})"
        assert rows == {int(one): int(other) for one, _, other in map(_parted, ask_database(database, wanted).split())}


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition("|")


def test_as_many_statements_run_as_the_answers_say(stack: Served, database: Database) -> None:
    """Counted by PostgreSQL: one for a row, one for each row of several, one for a page."""
    ask(stack.port, "/db")
    ask_database(database, "SELECT pg_stat_statements_reset()")
    for number in range(1, 11):
        assert ask(stack.port, f"/db?id={number}").status == 200
    for number in range(1, 4):
        assert ask(stack.port, f"/queries?n=20&id={number}").status == 200
        assert ask(stack.port, f"/page?page={number}").status == 200
    assert _calls(database, "SELECT id, randomnumber FROM stackduel.world%") == 10 + 3 * 20
    assert _calls(database, "SELECT article.id%") == 3


def _calls(database: Database, like: str) -> int:
    counted = f"SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE '{like}'"
    return int(ask_database(database, counted))


def test_a_slow_statement_is_a_504(stack: Served) -> None:
    """It is cancelled in the database, and its connection serves the next request."""
    answer = ask(stack.port, "/sleep?s=10")
    assert (answer.status, answer.body) == (504, TOO_SLOW)
    assert ask(stack.port, "/db").status == 200


def test_without_a_free_connection_it_is_a_503(stack: Served) -> None:
    """Three times as many sleepers as connections: a third waits for longer than a request may."""
    with ThreadPoolExecutor(3 * POOL) as clients:
        answers = list(clients.map(lambda _: ask(stack.port, "/sleep?s=1.5"), range(3 * POOL)))
    refused = [each for each in answers if each.status == 503]
    assert {each.status for each in answers} == {200, 503}
    assert {each.body for each in refused} == {BUSY}
    assert all(("retry-after", "1") in _lowered(each) for each in refused)
    assert ask(stack.port, "/db").status == 200


def _more_than(answers: list[WireAnswer], count: int) -> bool:
    return len(answers) > count


def _lowered(answer: WireAnswer) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in answer.headers]


def test_ended_connections_are_503s_and_are_replaced(stack: Served, database: Database) -> None:
    """Under load all backends are ended: every answer is right or a 503 with its body, and then all are right."""
    right = b'{"endpoint":"db","world":{"id":5,"randomNumber":6535}}'
    answers: list[WireAnswer] = []
    ended = threading.Event()

    def client() -> None:
        while not ended.is_set():
            answers.append(ask(stack.port, "/db?id=5"))

    with ThreadPoolExecutor(POOL) as clients:
        running = [clients.submit(client) for _ in range(POOL)]
        try:
            for _ in range(3):
                assert until(partial(_more_than, answers, len(answers) + 20))
                end_backends(database)
        finally:
            ended.set()
        for each in running:
            each.result()
    assert {(each.status, each.body) for each in answers} <= {(200, right), (503, UNREACHABLE), (503, BUSY)}
    assert until(lambda: all(ask(stack.port, "/db?id=5").status == 200 for _ in range(2 * POOL)))


def test_a_database_that_is_away_is_a_503_until_it_is_back(stack: Served, database: Database) -> None:
    """It takes no connection and has ended those it had; the pool recovers by itself."""
    with _away(database):
        answer = ask(stack.port, "/queries?n=2")
        # The pool's broken connections are found out one by one, and then there are none.
        assert until(lambda: ask(stack.port, "/db").status == 503)
        assert answer.status == 503
        assert answer.body in {UNREACHABLE, BUSY}
    assert until(lambda: all(ask(stack.port, "/db").status == 200 for _ in range(2 * POOL)), 60)


@contextmanager
def _away(database: Database) -> Iterator[None]:
    beside = replace(database, place=replace(database.place, name="postgres"))
    ask_database(beside, "ALTER DATABASE stackduel ALLOW_CONNECTIONS false")
    end_backends(beside)
    try:
        yield
    finally:
        ask_database(beside, "ALTER DATABASE stackduel ALLOW_CONNECTIONS true")


def test_a_password_is_in_no_log(fleet: Mapping[str, Served], database: Database) -> None:
    """Whatever the drivers wrote of all these failures."""
    logs = [Path(server.log).read_text(errors="replace") for server in fleet.values()]
    assert not any(database.place.password in log for log in logs)


@pytest.mark.parametrize("module", ["stackduel_servers.apps.flask_app", "stackduel_servers.apps.fastapi_app"])
def test_a_stack_without_a_database_imports_no_driver(module: str) -> None:
    """It costs what it did."""
    script = f"import sys, {module}; print({{'psycopg', 'psycopg_pool', 'asyncpg'}} & set(sys.modules))"
    command = [sys.executable, "-c", script]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "set()"
