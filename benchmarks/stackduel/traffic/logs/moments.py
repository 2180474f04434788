"""The times of log lines, in seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from stackduel.traffic.unread import NoRequestError

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COMMON = re.compile(
    r"\[?(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?: ([+-])(\d{2})(\d{2}))?\]?"
)
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,12})?")
# From 1970 to 2100; milliseconds, microseconds and nanoseconds since 1970 lie above one another.
_LATEST_S = 4_102_444_800
_UNITS_PER_S = (1, 1_000, 1_000_000, 1_000_000_000)
_REASON = "no time that can be read"


@lru_cache(maxsize=4096)
def parse_moment(text: str) -> int:
    """Return the whole second of ``10/Oct/2000:13:55:36 -0700``, ISO 8601 or a number since 1970.

    A time without a zone is UTC. Raises NoRequestError.
    """
    common = _COMMON.fullmatch(text)
    try:
        if common:
            moment = _of_common(common)
        elif _NUMBER.fullmatch(text):
            return of_number(float(text))
        else:
            moment = datetime.fromisoformat(text.replace("/", "-"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return _checked(moment.timestamp())
    except (ValueError, OverflowError) as error:
        raise NoRequestError(_REASON) from error


def of_number(value: float) -> int:
    """Return the whole second of a number of seconds, milli-, micro- or nanoseconds since 1970.

    Raises NoRequestError.
    """
    for units in _UNITS_PER_S:
        if value < _LATEST_S * units:
            return _checked(value / units)
    raise NoRequestError(_REASON)


def _of_common(found: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    zone = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    # A leap second is the one before it.
    return datetime(
        int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), min(int(second), 59),
        tzinfo=timezone(-zone if sign == "-" else zone),
    )  # fmt: skip


def _checked(seconds: float) -> int:
    if not 0 <= seconds < _LATEST_S:
        raise NoRequestError(_REASON)
    return int(seconds)
