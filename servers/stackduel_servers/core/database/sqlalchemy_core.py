"""The statements in SQLAlchemy's Core: tables and expressions, rows without objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from stackduel_servers.core.database import statements
from stackduel_servers.core.database.statements import PAGE_ROWS, Row, Statement
from stackduel_servers.core.database.tables import Account, Article, Author, SoldProduct, TakenOrder, World

# A table's columns are those of its class.
world, author, article, product, account, orders = (
    each.__table__.c for each in (World, Author, Article, SoldProduct, Account, TakenOrder)
)
FOUND_ROWS = 20


def read_world(connection: Connection, number: int) -> Sequence[Row]:
    """Read one row."""
    return connection.execute(select(world.id, world.randomnumber).where(world.id == number)).all()


def lock_world(connection: Connection, number: int) -> Sequence[Row]:
    """Read one row, and lock it."""
    asked = select(world.id, world.randomnumber).where(world.id == number).with_for_update()
    return connection.execute(asked).all()


def update_worlds(runner: Connection | Session, ids: list[int], numbers: list[int]) -> Sequence[Row]:
    """Write a new number to each of these rows."""
    chosen = case(dict(zip(ids, numbers, strict=True)), value=World.id)
    changed = update(World).where(World.id.in_(ids)).values(randomnumber=chosen)
    runner.execute(changed, execution_options={"synchronize_session": False})
    return ()


def read_page(connection: Connection, offset: int) -> list[Row]:
    """Read a page of articles with their authors."""
    asked = (
        select(article.id, article.title, author.name, article.published, article.words)
        .join_from(Article.__table__, Author.__table__)
        .order_by(article.published.desc(), article.id.desc())
        .limit(PAGE_ROWS)
        .offset(offset)
    )
    return [(number, title, name, _day(day), words) for number, title, name, day, words in connection.execute(asked)]


def sleep(runner: Connection | Session, seconds: float) -> Sequence[Row]:
    """Let the database sleep."""
    return runner.execute(select(func.pg_sleep(seconds))).all()


def search(runner: Connection | Session, text: str) -> Sequence[Row]:
    """Look for a text in every article."""
    asked = (
        select(func.count().over(), Article.id, Article.title)
        .where(func.strpos(func.lower(Article.title), text.lower()) > 0)
        .order_by(Article.published.desc(), Article.id.desc())
        .limit(FOUND_ROWS)
    )
    return runner.execute(asked).all()


def take_order(runner: Connection | Session, *values: object) -> Sequence[Row]:
    """Write an order; there is no row if its key is there already."""
    names = ("key", "account_id", "product_id", "quantity", "total")
    added = insert(TakenOrder).values(dict(zip(names, values, strict=True)))
    return runner.execute(added.on_conflict_do_nothing(index_elements=["key"]).returning(TakenOrder.id)).all()


def read_product(connection: Connection, number: int) -> Sequence[Row]:
    """Read the price and the stock of a product."""
    return connection.execute(select(product.price, product.stock).where(product.id == number)).all()


def read_account(connection: Connection, number: int) -> Sequence[Row]:
    """Read the balance of an account."""
    return connection.execute(select(account.balance).where(account.id == number)).all()


def set_stock(connection: Connection, stock: int, number: int) -> Sequence[Row]:
    """Write the stock of a product."""
    connection.execute(update(SoldProduct).where(product.id == number).values(stock=stock))
    return ()


def set_balance(connection: Connection, balance: int, number: int) -> Sequence[Row]:
    """Write the balance of an account."""
    connection.execute(update(Account).where(account.id == number).values(balance=balance))
    return ()


def read_order(connection: Connection, key: str) -> Sequence[Row]:
    """Read the order with this key."""
    asked = select(orders.account_id, orders.product_id, orders.quantity, orders.total).where(orders.key == key)
    return connection.execute(asked).all()


def _day(published: date) -> str:
    return published.isoformat()


StatementTable = Mapping[Statement, Callable[..., Any]]

CORE: StatementTable = {
    statements.WORLD: read_world,
    statements.LOCKED_WORLD: lock_world,
    statements.UPDATE: update_worlds,
    statements.PAGE: read_page,
    statements.SLEEP: sleep,
    statements.SEARCH: search,
    statements.PRODUCT: read_product,
    statements.TAKE_ORDER: take_order,
    statements.ACCOUNT: read_account,
    statements.SET_STOCK: set_stock,
    statements.SET_BALANCE: set_balance,
    statements.TAKEN_ORDER: read_order,
}
