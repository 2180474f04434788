"""Prices of CPU time and memory, from the table ``price`` of a file or from ``--price``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackduel.model.errors import FieldError
from stackduel.model.prices import Prices
from stackduel.model.suite import Suite
from stackduel.planning.fields import Fields

HIGHEST = 1e6
# As they are written in files; in --price with a hyphen.
PRICES = ("cpu_hour", "gib_hour")


def parse_prices(fields: Fields) -> Prices | None:
    """Take the table ``price`` out of ``fields``; None without one; raises FieldError."""
    table = fields.table("price", default={})
    return prices_of(f"{fields.where}: price", table) if fields.given("price") else None


def prices_of(where: str, table: Mapping[str, object]) -> Prices:
    """Return the prices of a table; raises FieldError that names the wrong one."""
    fields = Fields(where, table)
    cpu_hour, gib_hour = (fields.number(name, 0.0, HIGHEST, default=0.0) for name in PRICES)
    fields.finish()
    if not cpu_hour and not gib_hour:
        raise FieldError(f"{where}: one of {' and '.join(PRICES)} at least must be above 0")
    return Prices(cpu_hour, gib_hour)


def with_prices(suite: Suite, given: Mapping[str, float] | None, own: Prices | None) -> Suite:
    """Return the suite with the prices of the command line, else its own, else those of the stacks file."""
    if suite.search is None:
        return replace(suite, prices=prices_of("--price", given) if given else suite.prices or own)
    if given or suite.prices:
        where = "--price" if given else f"suite {suite.name}: price"
        raise FieldError(f"{where}: only where stacks are compared, not in mode {suite.search.mode}")
    return suite
