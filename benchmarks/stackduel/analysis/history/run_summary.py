"""The summary of a run in the history: enough to list it and to draw its trend."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.analysis.history.environment_changes import Facts, facts_of
from stackduel.analysis.result_rows import tables
from stackduel.model.comparison import SpeedupSize, Verdict
from stackduel.model.counted import counted
from stackduel.model.run import Run, Status
from stackduel.model.suite import Metric

# The headline of a run that measured nothing.
NOTHING = "0 trials measured, no conclusion."


@dataclass(frozen=True, slots=True)
class SpeedupPoint:
    """One stack in one scenario of one run: its score (requests a second or milliseconds) and its speedup.

    ``speedup`` is 1 for the baseline, None if the stack has none.
    """

    scenario: str
    stack: str
    metric: Metric
    score: float
    speedup: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    size: SpeedupSize | None = None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in the history: its ``folder``, what it measured, and its advice or its first search result as a headline.

    ``mode`` is None for runs that compare stacks.
    """

    folder: str
    run_id: str
    started: str
    suite: str
    mode: str | None
    baseline: str
    stacks: tuple[str, ...]
    status: Status
    launcher: str
    headline: str
    facts: Facts
    points: tuple[SpeedupPoint, ...]

    @property
    def measured(self) -> bool:
        """Whether it measured anything."""
        return bool(self.points) or (self.mode is not None and self.headline != NOTHING)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder whose run cannot be read, and the reason."""

    folder: str
    reason: str


def entry_of(run: Run, folder: str) -> RunSummary:
    """Return the summary of a run in the folder of this name."""
    return RunSummary(
        folder=folder,
        run_id=run.run_id,
        started=run.started,
        suite=run.suite.name,
        mode=run.suite.search.mode if run.suite.search else None,
        baseline=run.baseline,
        stacks=tuple(run.suite.stacks),
        status=run.status,
        launcher=run.environment.launcher or "unknown",
        headline=_headline(run),
        facts=facts_of(run.environment),
        points=_points(run),
    )


def _headline(run: Run) -> str:
    """Return the advice, else the first result of a search, else the number of trials."""
    if run.advice and run.comparisons:
        return run.advice.run.sentence
    # Beside a comparison a profile only explains.
    if run.findings and run.suite.search:
        first = run.findings[0]
        more = len(run.findings) - 1
        return f"{first.subject}: {first.found.sentence}" + (f" (and {more} more)" if more else "")
    done = len(run.done())
    return f"{counted(done, 'trial')} measured, no conclusion." if done else NOTHING


def _points(run: Run) -> tuple[SpeedupPoint, ...]:
    points = []
    for table in () if run.suite.search else tables(run):
        for row in table.rows:
            score = row.rate_rps if table.metric == "rate" else row.figure
            compared = row.comparison
            if score is not None:
                points.append(
                    SpeedupPoint(
                        scenario=table.scenario.name,
                        stack=row.stack,
                        metric=table.metric,
                        score=score,
                        speedup=1.0 if row.stack == run.baseline else compared.speedup if compared else None,
                        low=compared.low if compared else None,
                        high=compared.high if compared else None,
                        verdict=compared.verdict if compared else "not tested",
                        size=compared.size if compared else None,
                    )
                )
    return tuple(points)
