"""Trends made up for tests of the page: runs of one suite, with everything that can befall them on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stackduel.analysis.history.run_summary import RunSummary, SpeedupPoint
from stackduel.analysis.history.trend import Trend, trend
from stackduel.model.suite import Metric

BASELINE = "flask-gunicorn"
SPEEDS: Mapping[str, float] = {BASELINE: 1.0, "flask-gevent": 8.0, "fastapi-uvicorn": 9.0}


def entry(
    day: int, *, python: str = "3.11", launcher: str = "local", speeds: Mapping[str, float] = SPEEDS
) -> RunSummary:
    """The run of a day, in a scenario that is about a rate and one that is about a time."""
    folder = f"202601{day:02}-030000-nightly-{day:04x}"
    return RunSummary(
        folder=folder,
        run_id=folder,
        started=f"2026-01-{day:02}T03:00:00+00:00",
        suite="nightly",
        mode=None,
        baseline=BASELINE,
        stacks=tuple(speeds),
        status="complete",
        launcher=launcher,
        headline="Move to FastAPI on Uvicorn.",
        facts={"python": python, "launcher": launcher},
        points=(*_points("waiting", "rate", 100 + day, speeds), *_points("calling", "time", 500 - day, speeds)),
    )


def _points(scenario: str, metric: Metric, score: float, speeds: Mapping[str, float]) -> Iterator[SpeedupPoint]:
    for stack, speed in speeds.items():
        here = score * speed if metric == "rate" else score / speed
        if stack == BASELINE:
            yield SpeedupPoint(scenario, stack, metric, here, 1.0, None, None, "not tested")
        else:
            # Nobody tests the scenario of times: it has too few blocks.
            low, high = (speed * 0.9, speed * 1.1) if metric == "rate" else (None, None)
            yield SpeedupPoint(
                scenario, stack, metric, here, speed, low, high, "faster" if metric == "rate" else "not tested"
            )


def went(*, without: str = "flask-gevent") -> Trend:
    """Six runs: one lacks a stack, at one Python is another, at one the launcher."""
    lacking = {name: speed for name, speed in SPEEDS.items() if name != without}
    return trend(
        [
            entry(1),
            entry(2, speeds=lacking),
            entry(3),
            entry(5, python="3.12"),
            entry(9, python="3.12", launcher="docker"),
            entry(10, python="3.12", launcher="docker"),
        ]
    )


def named(made: Trend, names: Mapping[str, str]) -> Trend:
    """The same trend with other names for its stacks."""
    return replace(made, lines=tuple(replace(line, stack=names.get(line.stack, line.stack)) for line in made.lines))
