"""The statements in Django's ORM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Count, Value, Window
from django.db.models.functions import Lower, StrIndex

from stackduel_servers.apps.django_tables import AccountModel, ArticleModel, ProductModel, TakenOrderModel, WorldModel
from stackduel_servers.core.database import statements
from stackduel_servers.core.database.statements import PAGE_ROWS, Row, Statement

FOUND_ROWS = 20


def read_world(number: int) -> list[Row]:
    """Read one row."""
    found = WorldModel.objects.get(pk=number)
    return [(found.pk, found.randomnumber)]


def lock_world(number: int) -> list[Row]:
    """Read one row, and lock it."""
    found = WorldModel.objects.select_for_update().get(pk=number)
    return [(found.pk, found.randomnumber)]


def update_worlds(ids: list[int], numbers: list[int]) -> list[Row]:
    """Write a new number to each of these rows, by one statement."""
    changed = [WorldModel(id=each, randomnumber=number) for each, number in zip(ids, numbers, strict=True)]
    WorldModel.objects.bulk_update(changed, ["randomnumber"])
    return []


def read_page(offset: int) -> list[Row]:
    """Read a page of articles with their authors."""
    newest = ArticleModel.objects.select_related("author").order_by("-published", "-id")
    return [
        (each.pk, each.title, each.author.name, each.published.isoformat(), each.words)
        for each in newest[offset : offset + PAGE_ROWS]
    ]


def search(text: str) -> list[Row]:
    """Look for a text in every article."""
    found = (
        ArticleModel.objects.annotate(at=StrIndex(Lower("title"), Value(text.lower())), total=Window(Count("*")))
        .filter(at__gt=0)
        .order_by("-published", "-id")
    )
    return list(found.values_list("total", "id", "title")[:FOUND_ROWS])


def read_product(number: int) -> list[Row]:
    """Read the price and the stock of a product."""
    found = ProductModel.objects.get(pk=number)
    return [(found.price, found.stock)]


def read_account(number: int) -> list[Row]:
    """Read the balance of an account."""
    return [(AccountModel.objects.get(pk=number).balance,)]


def set_stock(stock: int, number: int) -> list[Row]:
    """Write the stock of a product."""
    ProductModel.objects.filter(pk=number).update(stock=stock)
    return []


def set_balance(balance: int, number: int) -> list[Row]:
    """Write the balance of an account."""
    AccountModel.objects.filter(pk=number).update(balance=balance)
    return []


def read_order(key: str) -> list[Row]:
    """Read the order with this key."""
    found = TakenOrderModel.objects.get(key=key)
    return [(found.account_id, found.product_id, found.quantity, found.total)]


def _plain(statement: Statement) -> Callable[..., list[Row]]:
    """Return what runs a statement that the ORM has no form for."""

    def run(*values: object) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(statement.by_position, values)
            return list(cursor.fetchall())

    return run


ORM: Mapping[Statement, Callable[..., Any]] = {
    statements.WORLD: read_world,
    statements.LOCKED_WORLD: lock_world,
    statements.UPDATE: update_worlds,
    statements.PAGE: read_page,
    statements.SLEEP: _plain(statements.SLEEP),
    statements.SEARCH: search,
    statements.PRODUCT: read_product,
    statements.TAKE_ORDER: _plain(statements.TAKE_ORDER),
    statements.ACCOUNT: read_account,
    statements.SET_STOCK: set_stock,
    statements.SET_BALANCE: set_balance,
    statements.TAKEN_ORDER: read_order,
}
