"""Prices of suites, stacks files and the command line: their bounds, and which of them count."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.prices import Prices
from stackduel.model.suite import Suite
from stackduel.planning.prices_file import with_prices
from stackduel.planning.suite_file import parse_suite

SUITE = """
summary = "One page."
baseline = "a"
stacks = ["a"]
{price}
[[scenario]]
name = "page"
path = "/"
load = {{ connections = 1, duration_s = 1.0 }}
"""
OWN = Prices(cpu_hour=9.0)


def suite(price: str = "") -> Suite:
    return parse_suite("shop", SUITE.format(price=price))


def test_prices_stand_in_a_suite() -> None:
    """One that is missing is nothing, and so is a suite without any."""
    assert suite("price = { cpu_hour = 0.04, gib_hour = 0.005 }").prices == Prices(0.04, 0.005)
    assert suite("price = { gib_hour = 1 }").prices == Prices(0.0, 1.0)
    assert suite().prices is None


@pytest.mark.parametrize(
    ("price", "told"),
    [
        ("price = { cpu = 1 }", "suite shop: price: cpu: unknown field"),
        ("price = { cpu_hour = -1 }", "suite shop: price: cpu_hour: must be a number from 0 to 1000000"),
        ("price = { cpu_hour = 0 }", "suite shop: price: one of cpu_hour and gib_hour at least must be above 0"),
        ("price = {}", "suite shop: price: one of"),
        ("price = 3", "suite shop: price: must be a table"),
    ],
)
def test_wrong_prices_are_told_with_field_and_bound(price: str, told: str) -> None:
    """Before anything is started."""
    with pytest.raises(FieldError, match=told):
        suite(price)


@pytest.mark.parametrize(
    ("given", "price", "expected"),
    [
        ({"cpu_hour": 2.0}, "price = { cpu_hour = 1 }", Prices(2.0)),
        (None, "price = { cpu_hour = 1 }", Prices(1.0)),
        (None, "", OWN),
    ],
    ids=["the command line", "the suite", "the stacks file"],
)
def test_the_nearest_prices_count(given: Mapping[str, float] | None, price: str, expected: Prices) -> None:
    """Those of the command line before the suite's, and these before those of the stacks file."""
    assert with_prices(suite(price), given, OWN).prices == expected


def test_a_search_has_no_costs() -> None:
    """Its loads are chosen one by one; prices of a stacks file are for its comparisons and disturb nothing here."""
    searching = suite('mode = "breaking-point"')
    assert with_prices(searching, None, OWN).prices is None
    with pytest.raises(FieldError, match="--price: only where stacks are compared, not in mode breaking-point"):
        with_prices(searching, {"cpu_hour": 1.0}, None)
