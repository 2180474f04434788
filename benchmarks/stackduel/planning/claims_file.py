"""The published claims in a suite file."""

from __future__ import annotations

from stackduel.model.errors import FieldError
from stackduel.model.speedup_claim import SpeedupClaim
from stackduel.planning.fields import Fields

MOST_TIMES = 1_000_000.0


def parse_claims(fields: Fields) -> tuple[SpeedupClaim, ...]:
    """Take the tables ``claim`` out of a suite's ``fields``; raises FieldError that names the wrong one."""
    return tuple(_claim(Fields(f"{fields.where}: claim", table)) for table in fields.tables("claim"))


def _claim(fields: Fields) -> SpeedupClaim:
    claim = SpeedupClaim(
        text=fields.text("text"),
        stack=fields.text("stack"),
        baseline=fields.text("baseline"),
        low=fields.number("low", 0.001, MOST_TIMES),
        high=fields.number("high", 0.001, MOST_TIMES),
        scenarios=fields.texts("scenarios", default=()),
    )
    fields.finish()
    if claim.high < claim.low:
        raise FieldError(f"{fields.where}: high: must not be below low ({claim.low:g})")
    return claim
