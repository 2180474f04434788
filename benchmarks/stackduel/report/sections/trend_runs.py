"""The moments of a trend as its page shows them: when each was, and what was other than at the one before (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from stackduel.analysis.history.trend import Trend, TrendRun


@dataclass(frozen=True, slots=True)
class TrendMoment:
    """A moment on the page: its time in milliseconds where that can be read, and what changed, with a number."""

    moment: TrendRun
    at_ms: int | None
    started: str
    change: int | None
    changed: tuple[str, ...]


def passed(trend: Trend) -> Iterator[TrendMoment]:
    """The moments in the order of time; changes are numbered from 1, and the first moment has none."""
    changes = 0
    for before, moment in zip([None, *trend.moments], trend.moments, strict=False):
        changed = tuple(_changed(before, moment)) if before else ()
        changes += bool(changed)
        at = _at(moment.started)
        yield TrendMoment(
            moment,
            None if at is None else round(1000 * at.timestamp()),
            moment.started if at is None else at.strftime("%Y-%m-%d %H:%M"),
            changes if changed else None,
            changed,
        )


def _changed(before: TrendRun, now: TrendRun) -> Iterator[str]:
    """What is other than at the run before, a line each."""
    yield from now.changed
    if before.baseline != now.baseline:
        yield f"baseline: {before.baseline} -> {now.baseline}"
    if not now.merged:
        yield "Not to be compared with what was before: the lines are broken here."


def _at(started: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(started)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
