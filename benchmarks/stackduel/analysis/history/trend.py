"""The figures of a suite over many runs.

``trend`` gives plain data in the order of time; the terminal, Markdown and the page draw it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stackduel.analysis.history.environment_changes import differing
from stackduel.analysis.history.run_summary import RunSummary, SpeedupPoint
from stackduel.model.aa_pair import is_twin
from stackduel.model.suite import Metric


@dataclass(frozen=True, slots=True)
class DatedRun:
    """A run of a trend: ``changed`` lists how its environment differs from that of the run before, one line each.

    ``merged`` is False if its launcher or its baseline differs from the run before: the figures of the two runs cannot
    be compared.
    """

    run_id: str
    folder: str
    started: str
    suite: str
    baseline: str
    status: str
    changed: tuple[str, ...]
    merged: bool


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One stack in one scenario: a point for each moment, None if that run has none."""

    scenario: str
    stack: str
    metric: Metric
    points: tuple[SpeedupPoint | None, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """Moments in the order of time and the lines through them, scenario by scenario."""

    moments: tuple[DatedRun, ...]
    lines: tuple[TrendLine, ...]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios, in their order."""
        return tuple(dict.fromkeys(line.scenario for line in self.lines))


def trend(entries: Iterable[RunSummary], stacks: Sequence[str] | None = None) -> Trend:
    """Return the trend over the runs that compare stacks, without twins; ``stacks`` limits it to these stacks.

    Scenarios of one name count as the same: give an edited suite another name.
    """
    ordered = sorted((each for each in entries if each.mode is None and each.points), key=lambda each: each.started)
    moments = tuple(_moment(before, now) for before, now in zip([None, *ordered], ordered, strict=False))
    places = dict.fromkeys(
        (point.scenario, point.stack, point.metric)
        for entry in reversed(ordered)
        for point in entry.points
        if not is_twin(point.stack) and (stacks is None or point.stack in stacks)
    )
    ranks = {scenario: rank for rank, scenario in enumerate(dict.fromkeys(scenario for scenario, _, _ in places))}
    return Trend(
        moments,
        tuple(
            TrendLine(scenario, stack, metric, tuple(_point(entry, scenario, stack, metric) for entry in ordered))
            for scenario, stack, metric in sorted(places, key=lambda place: ranks[place[0]])
        ),
    )


def _moment(before: RunSummary | None, now: RunSummary) -> DatedRun:
    same = before is None or (before.launcher, before.baseline) == (now.launcher, now.baseline)
    changed = tuple(differing(before.facts, now.facts)) if before else ()
    return DatedRun(now.run_id, now.folder, now.started, now.suite, now.baseline, now.status, changed, same)


def _point(entry: RunSummary, scenario: str, stack: str, metric: Metric) -> SpeedupPoint | None:
    wanted = (scenario, stack, metric)
    return next((each for each in entry.points if (each.scenario, each.stack, each.metric) == wanted), None)
