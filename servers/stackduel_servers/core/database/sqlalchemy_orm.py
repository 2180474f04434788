"""The statements in SQLAlchemy's ORM: rows become objects of a session, and changed objects are written."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from stackduel_servers.core.database import statements
from stackduel_servers.core.database.sqlalchemy_core import StatementTable, search, sleep, take_order, update_worlds
from stackduel_servers.core.database.statements import PAGE_ROWS, Row
from stackduel_servers.core.database.tables import Account, Article, SoldProduct, TakenOrder, World


def read_world(session: Session, number: int) -> list[Row]:
    """Read one row."""
    found = session.get_one(World, number)
    return [(found.id, found.randomnumber)]


def lock_world(session: Session, number: int) -> list[Row]:
    """Read one row, and lock it."""
    found = session.get_one(World, number, with_for_update=True)
    return [(found.id, found.randomnumber)]


def read_page(session: Session, offset: int) -> list[Row]:
    """Read a page of articles with their authors."""
    asked = (
        select(Article)
        .join(Article.author)
        .options(contains_eager(Article.author))
        .order_by(Article.published.desc(), Article.id.desc())
        .limit(PAGE_ROWS)
        .offset(offset)
    )
    return [
        (each.id, each.title, each.author.name, each.published.isoformat(), each.words)
        for each in session.scalars(asked)
    ]


def read_product(session: Session, number: int) -> list[Row]:
    """Read the price and the stock of a product."""
    found = session.get_one(SoldProduct, number)
    return [(found.price, found.stock)]


def read_account(session: Session, number: int) -> list[Row]:
    """Read the balance of an account."""
    return [(session.get_one(Account, number).balance,)]


def set_stock(session: Session, stock: int, number: int) -> None:
    """Write the stock of a product that the session has read."""
    session.get_one(SoldProduct, number).stock = stock
    session.flush()


def set_balance(session: Session, balance: int, number: int) -> None:
    """Write the balance of an account that the session has read."""
    session.get_one(Account, number).balance = balance
    session.flush()


def read_order(session: Session, key: str) -> list[Row]:
    """Read the order with this key."""
    found = session.scalars(select(TakenOrder).where(TakenOrder.key == key)).one()
    return [(found.account_id, found.product_id, found.quantity, found.total)]


ORM: StatementTable = {
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
