"""The runs of a trend: when each began, and what changed since the run before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from stackduel.analysis.history.trend import DatedRun, Trend


@dataclass(frozen=True, slots=True)
class TrendRun:
    """A run of a trend: its start in milliseconds, None if it cannot be read, and what changed, with a number."""

    moment: DatedRun
    at_ms: int | None
    started: str
    change: int | None
    changed: tuple[str, ...]


def runs_of(trend: Trend) -> Iterator[TrendRun]:
    """Yield the runs in the order of time; changes are numbered from 1, and the first run has none."""
    changes = 0
    for before, moment in zip([None, *trend.moments], trend.moments, strict=False):
        changed = tuple(_changed(before, moment)) if before else ()
        changes += bool(changed)
        at = _at(moment.started)
        yield TrendRun(
            moment,
            None if at is None else round(1000 * at.timestamp()),
            moment.started if at is None else at.strftime("%Y-%m-%d %H:%M"),
            changes if changed else None,
            changed,
        )


def _changed(before: DatedRun, now: DatedRun) -> Iterator[str]:
    """Yield what differs from the run before, a line each."""
    yield from now.changed
    if before.baseline != now.baseline:
        yield f"baseline: {before.baseline} -> {now.baseline}"
    if not now.merged:
        yield "Not comparable with earlier runs: the lines are broken here."


def _at(started: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(started)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
