"""A list like that of a shop's API: nested, of mixed types, the same from every stack."""

from __future__ import annotations

WORDS = ("amber", "birch", "coral", "delta", "ember", "flint", "grove", "heron", "inlet", "jasper", "käse")


def catalogue(count: int) -> list[dict[str, object]]:
    """Return the first ``count`` products of an endless catalogue."""
    return [_product(number) for number in range(1, count + 1)]


def _product(number: int) -> dict[str, object]:
    first, second = WORDS[number % len(WORDS)], WORDS[number * 7 % len(WORDS)]
    return {
        "id": number,
        "sku": f"SD-{number:06d}",
        "name": f"{first} {second}",
        "price": {"amount": number * 37 % 9973 / 100, "currency": "EUR"},
        "in_stock": number % 3 != 0,
        "rating": number % 50 / 10,
        "tags": [first, second],
        "discount": None if number % 4 else number % 30,
    }
