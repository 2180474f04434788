"""The endpoints for code that holds its thread: the raw query of a request in, the whole answer out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from stackduel_servers.core.answers import Answer
from stackduel_servers.core.database import bodies, failures, orders, parameters, statements
from stackduel_servers.core.database.failures import ConflictError
from stackduel_servers.core.database.orders import Order
from stackduel_servers.core.database.repository import DatabaseSession, Repository
from stackduel_servers.core.timing import span


def world(repository: Repository, query: bytes) -> Answer:
    """Read one row; raises HttpError."""
    first = parameters.first_id(query)
    with span("io"), repository.session() as session:
        (row,) = session.rows(statements.WORLD, first)
    return bodies.world(row)


def worlds(repository: Repository, query: bytes) -> Answer:
    """Read rows one after another, each by a statement of its own; raises HttpError."""
    wanted = statements.ids(parameters.first_id(query), parameters.count(query))
    with span("io"), repository.session() as session:
        rows = [session.rows(statements.WORLD, number)[0] for number in wanted]
    return bodies.worlds("queries", rows)


def updates(repository: Repository, query: bytes) -> Answer:
    """Read rows one after another and write all of them at once; raises HttpError."""
    seed, first = parameters.seed(query), parameters.first_id(query)
    # In one order in every request, so that no two of them wait for each other.
    wanted = sorted(statements.ids(first, parameters.count(query)))
    numbers = [statements.new_number(number, seed) for number in wanted]
    with span("io"), repository.transaction() as session:
        for number in wanted:
            session.rows(statements.LOCKED_WORLD, number)
        session.run(statements.UPDATE, wanted, numbers)
    return bodies.worlds("updates", list(zip(wanted, numbers, strict=True)))


def page(repository: Repository, query: bytes) -> Answer:
    """Read a page of articles with their authors; raises HttpError."""
    number = parameters.page(query)
    with span("io"), repository.session() as session:
        rows = session.rows(statements.PAGE, (number - 1) * statements.PAGE_ROWS)
    return bodies.page(number, rows)


def sleep(repository: Repository, query: bytes) -> Answer:
    """Let the database sleep; raises HttpError."""
    seconds = parameters.sleep_s(query)
    with span("io"), repository.session() as session:
        session.rows(statements.SLEEP, seconds)
    return bodies.slept(seconds)


def search(repository: Repository, query: bytes) -> Answer:
    """Look through all articles; raises HttpError."""
    text = parameters.text(query)
    with span("io"), repository.session() as session:
        rows = session.rows(statements.SEARCH, text)
    return bodies.found(text, rows)


def order(repository: Repository, query: bytes) -> Answer:
    """Take an order, and try again for as long as others are faster; raises HttpError."""
    wanted = parameters.order(query)
    with span("io"):
        for pause_s in orders.pauses_s(repository.timeout_s):
            try:
                with repository.isolated() as session:
                    total = _taken(session, wanted)
                return bodies.order(wanted, total)
            except ConflictError:
                time.sleep(pause_s)
    raise failures.conflicting(repository.timeout_s)


def _taken(session: DatabaseSession, order: Order) -> int:
    """Take an order that was not taken before by five statements; return its total."""
    ((price, stock),) = session.rows(statements.PRODUCT, order.product)
    total = int(price * order.quantity)
    values = (order.key, order.account, order.product, order.quantity, total)
    if not session.rows(statements.TAKE_ORDER, *values):
        (taken,) = session.rows(statements.TAKEN_ORDER, order.key)
        return orders.total_again(order, taken)
    ((balance,),) = session.rows(statements.ACCOUNT, order.account)
    session.run(statements.SET_STOCK, stock - order.quantity, order.product)
    session.run(statements.SET_BALANCE, balance - total, order.account)
    return total


Answering = Callable[[Repository, bytes], Answer]
Asking = Callable[[bytes], Answer]

READS: Mapping[str, Answering] = {
    "/db": world,
    "/queries": worlds,
    "/page": page,
    "/sleep": sleep,
    "/search": search,
}
WRITES: Mapping[str, Answering] = {"/updates": updates, "/order": order}
