"""The tornado chart of an ablation: the strongest switches of each measure, from off to on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackduel.model.search_results.ablation import Ablation, Effect, Measure, change_text
from stackduel.report.sections.blocks import Chart, Grid

PANELS: Mapping[Measure, str] = {
    "throughput": "Requests per second: further to the right is better",
    "p99": "p99 latency: further to the left is better",
    "cpu": "CPU per request: further to the left is better",
}
MOST_BARS = 12


def tornado(found: Ablation) -> Iterator[Chart]:
    """Yield the chart, with a panel for each measure that was measured."""
    panels = [
        {"title": title, "rows": [_row(name, effect) for name, effect in strongest(found, measure)]}
        for measure, title in PANELS.items()
        if strongest(found, measure)
    ]
    if not panels:
        return
    reading = (
        "Each bar is what a switch changes from off to on, the strongest at the top, with its interval; pale where the "
        "interval does not leave out that nothing changes."
    )
    data = {"x": {"label": "change from off to on", "type": "linear", "suffix": " %"}, "reference": 0, "panels": panels}
    yield Chart("tornado", "What each switch changes", reading, data, _grid(found))


def strongest(found: Ablation, measure: Measure) -> list[tuple[str, Effect]]:
    """Return the switches with the largest effects on a measure, the largest first."""
    effects = [(each.switch, effect) for each in found.switches if (effect := each.of(measure))]
    return sorted(effects, key=lambda pair: -pair[1].strength)[:MOST_BARS]


def _row(name: str, effect: Effect) -> dict[str, Any]:
    value, low, high = _percents(effect)
    is_better = (effect.ratio > 1) == (effect.measure == "throughput")
    return {
        "stack": name,
        "value": value,
        "low": low,
        "high": high,
        "text": f"{value:+.1f} %",
        "note": change_text(effect),
        "shown": effect.is_shown,
        "better": is_better,
    }


def _percents(effect: Effect) -> tuple[float, float, float]:
    value, low, high = (round(100 * (ratio - 1), 2) for ratio in (effect.ratio, effect.low, effect.high))
    return value, low, high


def _grid(found: Ablation) -> Grid:
    rows = tuple(
        (name, title.partition(":")[0], *(f"{bound:g}" for bound in _percents(effect)))
        for measure, title in PANELS.items()
        for name, effect in strongest(found, measure)
    )
    headings = ("switch", "measure", "change %", "from", "to")
    return Grid("What each switch changes", headings, rows, frozenset({"switch", "measure"}))
