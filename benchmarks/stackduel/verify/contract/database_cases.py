"""The HTTP contract of the endpoints that need a database, whose rows are computed here a second time, in Python."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

from stackduel.verify.contract.case import Case, error_body
from stackduel.verify.contract.cases import ALLOW, HEALTH, NO_NUMBERS, NOT_ALLOWED, NOT_FOUND, ONLY_POST

WORLDS, ARTICLES, AUTHORS, PAGE_ROWS = 10_000, 10_000, 200, 50
INDEX = (
    b'{"service":"stackduel-database","endpoints":["/","/health","/db","/queries","/updates","/page","/sleep",'
    b'"/order","/search"]}'
)
ID_BOUNDS = error_body("id must be an integer from 1 to 10000")
COUNT_BOUNDS = error_body("n must be an integer from 1 to 500")
SEED_BOUNDS = error_body("seed must be an integer from 0 to 999999")
PAGE_BOUNDS = error_body("page must be an integer from 1 to 200")
SLEEP_BOUNDS = error_body("s must be a number from 0 to 10 with at most 9 decimals")


ACCOUNT_BOUNDS = error_body("account must be an integer from 1 to 1000")
PRODUCT_BOUNDS = error_body("product must be an integer from 1 to 100")
QUANTITY_BOUNDS = error_body("quantity must be an integer from 1 to 10")
KEY_BOUNDS = error_body("key must be 1 to 64 letters, digits, '-' and '_'")
TEXT_BOUNDS = error_body("q must be 1 to 32 letters, digits and spaces")


def _drawn(text: str) -> int:
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:7], 16)


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _world(number: int) -> dict[str, int]:
    return {"id": number, "randomNumber": 1 + _drawn(f"world {number}") % WORLDS}


def _one(number: int) -> bytes:
    return _json({"endpoint": "db", "world": _world(number)})


def _several(*numbers: int) -> bytes:
    return _json({"endpoint": "queries", "n": len(numbers), "worlds": [_world(number) for number in numbers]})


def _written(seed: int, *numbers: int) -> bytes:
    worlds = [{"id": each, "randomNumber": (each * 31 + seed * 17) % WORLDS + 1} for each in sorted(numbers)]
    return _json({"endpoint": "updates", "n": len(numbers), "worlds": worlds})


def _article(number: int) -> tuple[date, int, dict[str, object]]:
    published = date(2020, 1, 1) + timedelta(_drawn(f"published {number}") % 2000)
    title = hashlib.md5(f"title {number}".encode(), usedforsecurity=False).hexdigest()[:12]
    shown: dict[str, object] = {
        "id": number,
        "title": f"On {title}",
        "author": f"Author {1 + _drawn(f'author {number}') % AUTHORS:03d}",
        "published": published.isoformat(),
        "words": 200 + _drawn(f"words {number}") % 1800,
    }
    return published, number, shown


_NEWEST = sorted(map(_article, range(1, ARTICLES + 1)), key=lambda each: each[:2], reverse=True)


def _page(number: int) -> bytes:
    rows = _NEWEST[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
    return _json({"endpoint": "page", "page": number, "articles": [shown for _, _, shown in rows]})


def _found(text: str) -> bytes:
    rows = [shown for _, _, shown in _NEWEST if text.lower() in str(shown["title"]).lower()]
    newest = [{"id": row["id"], "title": row["title"]} for row in rows[:20]]
    return _json({"endpoint": "search", "q": text, "total": len(rows), "articles": newest})


def _order(account: int, product: int, quantity: int, key: str | None = None) -> bytes:
    total = (100 + _drawn(f"price {product}") % 900) * quantity
    names = {"account": account, "product": product, "quantity": quantity, "total": total}
    return _json({"endpoint": "order", "key": key, **names})


# As long as they may be, and all signs that they may have.
LONGEST_KEY, LONGEST_TEXT = ("Az09-_" * 11)[:64], "On " + "a" * 29


def _bad(name: str, path: str, bounds: bytes, *more: str, method: str = "GET") -> tuple[Case, ...]:
    values = {**NO_NUMBERS, **{f"out of bounds, {value}": value for value in more}}
    return tuple(Case(f"{name}: {why}", f"{path}?{name}={value}", bounds, 400, method) for why, value in values.items())


SUCCESSES = (
    Case("index", "/", INDEX),
    Case("health", "/health", HEALTH),
    Case("db, the default", "/db", _one(1)),
    Case("db, the last row", "/db?id=10000", _one(10_000)),
    Case("db, leading zeros", "/db?id=000042", _one(42)),
    Case("queries, the default", "/queries", _several(1)),
    Case("queries, three rows", "/queries?n=3&id=5000", _several(5000, 2919, 838)),
    Case("queries, most rows", "/queries?n=500", _several(*((each * 7919) % WORLDS + 1 for each in range(500)))),
    Case("page, the first", "/page", _page(1)),
    Case("page, the last", "/page?page=200", _page(200)),
    Case("sleep", "/sleep?s=0.05", b'{"endpoint":"sleep","s":0.05}', takes_s=0.05),
    Case("sleep, not at all", "/sleep?s=0", b'{"endpoint":"sleep","s":0.0}'),
    # Rows that no other case reads: cases are asked at once.
    Case("updates, one row", "/updates?id=9001", _written(0, 9001), method="POST"),
    Case("updates, three rows", "/updates?id=9101&n=3&seed=7", _written(7, 9101, 7020, 4939), method="POST"),
    Case("updates, a body nobody reads", "/updates?id=9001", _written(0, 9001), method="POST", body=b"hello",
         headers=(("Content-Length", "5"),)),
    Case("search, few", "/search?q=cafe", _found("cafe")),
    Case("search, many, in capitals", "/search?q=AB", _found("AB")),
    Case("search, all, with a blank", "/search?q=on+", _found("on ")),
    Case("search, none, the longest", f"/search?q={LONGEST_TEXT.replace(' ', '%20')}", _found(LONGEST_TEXT)),
    Case("order, the default", "/order", _order(1, 1, 1), method="POST"),
    Case("order, all given", f"/order?quantity=10&account=1000&product=100&key={LONGEST_KEY}",
         _order(1000, 100, 10, LONGEST_KEY), method="POST"),
    Case("order, sent by every stack", "/order?key=each&account=7", _order(7, 1, 1, "each"), method="POST"),
)  # fmt: skip
NO_TEXTS = {
    "empty": "", "a percent": "%25", "an underscore": "_", "a quote": "'", "a semicolon": "%3B", "a dash": "a-b",
    "a null byte": "a%00", "a newline": "a%0A", "a letter beyond ASCII": "%C3%A9", "half a character": "%C3",
    "33 letters": "a" * 33,
}  # fmt: skip
NO_KEYS = {
    "empty": "", "a blank": "a+b", "a quote": "'", "a slash": "a/b", "a point": "a.b", "a null byte": "a%00",
    "a newline": "a%0A", "a letter beyond ASCII": "%C3%A9", "65 letters": "a" * 65,
}  # fmt: skip
BAD_PARAMETERS = (
    *_bad("id", "/db", ID_BOUNDS, "0", "10001"),
    *_bad("n", "/queries", COUNT_BOUNDS, "0", "501"),
    *_bad("page", "/page", PAGE_BOUNDS, "0", "201"),
    *_bad("seed", "/updates", SEED_BOUNDS, "1000000", method="POST"),
    *_bad("account", "/order", ACCOUNT_BOUNDS, "0", "1001", method="POST"),
    *_bad("product", "/order", PRODUCT_BOUNDS, "0", "101", method="POST"),
    *_bad("quantity", "/order", QUANTITY_BOUNDS, "0", "11", method="POST"),
    *(Case(f"key: {why}", f"/order?key={value}", KEY_BOUNDS, 400, "POST") for why, value in NO_KEYS.items()),
    *(Case(f"q: {why}", f"/search?q={value}", TEXT_BOUNDS, 400) for why, value in NO_TEXTS.items()),
    Case("q: left out", "/search", TEXT_BOUNDS, 400),
    Case("q: twice", "/search?q=a&q=a", error_body("q must be given at most once"), 400),
    Case("key: twice", "/order?key=a&key=a", error_body("key must be given at most once"), 400, "POST"),
    Case("s: above its bound", "/sleep?s=10.1", SLEEP_BOUNDS, 400),
    Case("n: of updates", "/updates?n=501", COUNT_BOUNDS, 400, "POST"),
    Case("id: twice", "/db?id=1&id=1", error_body("id must be given at most once"), 400),
)
METHODS = (
    *(
        Case(f"{method} of a row", "/db", NOT_ALLOWED, 405, method, allow=ALLOW)
        for method in ("OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE")
    ),
    *(
        Case(f"{method} of {path}", path, ONLY_POST, 405, method, allow="POST")
        for path in ("/updates", "/order")
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE")
    ),
    Case("HEAD of a row", "/db?id=7", _one(7), 200, "HEAD"),
    Case("HEAD of bad input", "/db?id=x", ID_BOUNDS, 400, "HEAD"),
)
PATHS = tuple(
    Case(f"path {path}", path, NOT_FOUND, 404)
    for path in (
        "/nothing",
        "/db/",
        "//db",
        "/DB",
        "/db/1",
        "/updates/",
        "/order/",
        "/search/",
        "/slow-io",
        "/json",
        "/docs",
    )
)

DATABASE_CASES = (*SUCCESSES, *BAD_PARAMETERS, *METHODS, *PATHS)
