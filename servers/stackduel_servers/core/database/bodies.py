"""The answers of the endpoints that need a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackduel_servers.core.answers import Answer, rounded, success
from stackduel_servers.core.database.orders import Order
from stackduel_servers.core.database.statements import Row

ENDPOINTS = ("/", "/health", "/db", "/queries", "/updates", "/page", "/sleep", "/order", "/search")


def index() -> Answer:
    """Return the answer of ``/``: the name of this service and its endpoints."""
    return success({"service": "stackduel-database", "endpoints": ENDPOINTS})


def world(row: Row) -> Answer:
    """Return the answer of ``/db``."""
    return success({"endpoint": "db", "world": _world(row)})


def worlds(endpoint: str, rows: Sequence[Row]) -> Answer:
    """Return the answer of ``/queries`` and of ``/updates``."""
    return success({"endpoint": endpoint, "n": len(rows), "worlds": [_world(row) for row in rows]})


def page(number: int, rows: Iterable[Row]) -> Answer:
    """Return the answer of ``/page``."""
    names = ("id", "title", "author", "published", "words")
    articles = [dict(zip(names, row, strict=True)) for row in rows]
    return success({"endpoint": "page", "page": number, "articles": articles})


def slept(seconds: float) -> Answer:
    """Return the answer of ``/sleep``."""
    return success({"endpoint": "sleep", "s": rounded(seconds)})


def order(taken: Order, total: int) -> Answer:
    """Return the answer of ``/order``: nothing in it depends on other orders."""
    return success(
        {
            "endpoint": "order",
            "key": taken.key,
            "account": taken.account,
            "product": taken.product,
            "quantity": taken.quantity,
            "total": total,
        }
    )


def found(text: str, rows: Sequence[Row]) -> Answer:
    """Return the answer of ``/search``: how many there are, and the newest."""
    articles = [{"id": number, "title": title} for _, number, title in rows]
    return success({"endpoint": "search", "q": text, "total": rows[0][0] if rows else 0, "articles": articles})


def _world(row: Row) -> dict[str, object]:
    return {"id": row[0], "randomNumber": row[1]}
