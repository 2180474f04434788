"""The endpoints for code that suspends its task: the raw query of a request in, the whole answer out."""

from __future__ import annotations

import asyncio

from stackduel_servers.core.answers import Answer
from stackduel_servers.core.database import bodies, failures, orders, parameters, statements
from stackduel_servers.core.database.failures import ConflictError
from stackduel_servers.core.database.orders import Order
from stackduel_servers.core.database.repository import AsyncDatabaseSession, AsyncRepository
from stackduel_servers.core.timing import span


async def world(repository: AsyncRepository, query: bytes) -> Answer:
    """Read one row; raises HttpError."""
    first = parameters.first_id(query)
    with span("io"):
        async with repository.session() as session:
            (row,) = await session.rows(statements.WORLD, first)
    return bodies.world(row)


async def worlds(repository: AsyncRepository, query: bytes) -> Answer:
    """Read rows one after another, each by a statement of its own; raises HttpError."""
    wanted = statements.ids(parameters.first_id(query), parameters.count(query))
    with span("io"):
        async with repository.session() as session:
            rows = [(await session.rows(statements.WORLD, number))[0] for number in wanted]
    return bodies.worlds("queries", rows)


async def updates(repository: AsyncRepository, query: bytes) -> Answer:
    """Read rows one after another and write all of them at once; raises HttpError."""
    seed, first = parameters.seed(query), parameters.first_id(query)
    # In one order in every request, so that no two of them wait for each other.
    wanted = sorted(statements.ids(first, parameters.count(query)))
    numbers = [statements.new_number(number, seed) for number in wanted]
    with span("io"):
        async with repository.transaction() as session:
            for number in wanted:
                await session.rows(statements.LOCKED_WORLD, number)
            await session.run(statements.UPDATE, wanted, numbers)
    return bodies.worlds("updates", list(zip(wanted, numbers, strict=True)))


async def page(repository: AsyncRepository, query: bytes) -> Answer:
    """Read a page of articles with their authors; raises HttpError."""
    number = parameters.page(query)
    with span("io"):
        async with repository.session() as session:
            rows = await session.rows(statements.PAGE, (number - 1) * statements.PAGE_ROWS)
    return bodies.page(number, rows)


async def sleep(repository: AsyncRepository, query: bytes) -> Answer:
    """Let the database sleep; raises HttpError."""
    seconds = parameters.sleep_s(query)
    with span("io"):
        async with repository.session() as session:
            await session.rows(statements.SLEEP, seconds)
    return bodies.slept(seconds)


async def search(repository: AsyncRepository, query: bytes) -> Answer:
    """Look through all articles; raises HttpError."""
    text = parameters.text(query)
    with span("io"):
        async with repository.session() as session:
            rows = await session.rows(statements.SEARCH, text)
    return bodies.found(text, rows)


async def order(repository: AsyncRepository, query: bytes) -> Answer:
    """Take an order, and try again for as long as others are faster; raises HttpError."""
    wanted = parameters.order(query)
    with span("io"):
        for pause_s in orders.pauses_s(repository.timeout_s):
            try:
                async with repository.isolated() as session:
                    total = await _taken(session, wanted)
                return bodies.order(wanted, total)
            except ConflictError:
                await asyncio.sleep(pause_s)
    raise failures.conflicting(repository.timeout_s)


async def _taken(session: AsyncDatabaseSession, order: Order) -> int:
    """Take an order that was not taken before by five statements; return its total."""
    ((price, stock),) = await session.rows(statements.PRODUCT, order.product)
    total = int(price * order.quantity)
    values = (order.key, order.account, order.product, order.quantity, total)
    if not await session.rows(statements.TAKE_ORDER, *values):
        (taken,) = await session.rows(statements.TAKEN_ORDER, order.key)
        return orders.total_again(order, taken)
    ((balance,),) = await session.rows(statements.ACCOUNT, order.account)
    await session.run(statements.SET_STOCK, stock - order.quantity, order.product)
    await session.run(statements.SET_BALANCE, balance - total, order.account)
    return total
