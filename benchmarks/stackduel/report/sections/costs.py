"""The server's cost of a request: CPU time and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.report.sections.blocks import Block, Chart, Grid
from stackduel.report.sections.counted_trials import ByStack
from stackduel.report.sections.figures import figure


def blocks(trials: ByStack) -> Iterator[Block]:
    """Yield CPU milliseconds per request and peak memory of each stack whose processes could be watched."""
    cpu = {name: median_of_known(trial.cpu_ms_per_request for trial in each) for name, each in trials.items()}
    yield from bars(
        "Server CPU per request",
        "CPU time of the server for a right answer, the median of the blocks.",
        "ms",
        cpu,
    )
    memory = {
        name: max((trial.cost.memory_peak_mib for trial in each if trial.cost), default=None)
        for name, each in trials.items()
    }
    yield from bars("Peak memory", "The most that a stack held in memory during a trial.", "MiB", memory)


def bars(title: str, reading: str, unit: str, values: Mapping[str, float | None]) -> Iterator[Chart]:
    """Yield a bar per stack and the same figures as a table; nothing if none is known."""
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        return
    rows = [
        {
            "stack": name,
            "value": value,
            "text": f"{figure(value)} {unit}",
            "note": "",
        }
        for name, value in known.items()
    ]
    yield Chart(
        form="bars",
        title=title,
        reading=reading,
        data={"x": {"label": unit, "type": "linear"}, "panels": [{"title": "", "rows": rows}]},
        grid=Grid(f"{title}, {unit}", ("stack", unit), tuple((name, figure(value)) for name, value in known.items())),
    )
