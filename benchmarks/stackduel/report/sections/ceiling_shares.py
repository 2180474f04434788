"""Each stack's share of the rate that its model reaches alone, without a server."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Chart, Grid
from stackduel.report.sections.figures import DASH, figure
from stackduel.report.sections.models import share_text

READING = (
    "A model in one process, without a server, is the ceiling of every server around it. What is missing is server, "
    "framework and queue, or the load that was not there: one client keeps no two threads busy."
)
INTERVAL = "The line through a bar's end is the {confidence} interval of its share, over the blocks."
HEADINGS = ("scenario", "stack", "model", "share", "from", "to", "blocks", "alone a second")
WORDS = frozenset({"scenario", "stack", "model"})


def charts(run: Run) -> Iterator[Chart]:
    """Yield each stack's share of the model's rate without a server, where that was measured."""
    order = list(run.stacks)
    shares = sorted(run.ceiling_shares, key=lambda each: order.index(each.stack))
    if not shares:
        return
    names = [each.name for each in run.suite.scenarios if any(share.scenario == each.name for share in shares)]
    confidences = sorted({each.confidence for each in shares if each.confidence is not None})
    known = " and ".join(f"{100 * each:g} %" for each in confidences)
    rows = tuple(_share_row(each) for name in names for each in shares if each.scenario == name)
    yield Chart(
        form="bars",
        title="Share of what the model does alone",
        reading=READING + (f" {INTERVAL.format(confidence=known)}" if known else ""),
        data={
            "x": {"label": "part of the model's own rate, in one process without a server", "type": "percent"},
            "panels": [
                {"title": name, "rows": [_share_bar(each) for each in shares if each.scenario == name]}
                for name in names
            ],
        },
        grid=Grid("Share of the in-process ceiling", HEADINGS, rows, WORDS),
    )


def _share_bar(each: CeilingShare) -> dict[str, object]:
    return {
        "stack": each.stack,
        "value": each.share,
        "low": each.low,
        "high": each.high,
        "text": share_text(each),
        "note": f"{each.model} alone: {figure(each.ceiling_rps)} a second",
    }


def _share_row(each: CeilingShare) -> tuple[str, ...]:
    return (
        each.scenario,
        each.stack,
        each.model,
        *(DASH if share is None else f"{100 * share:.1f} %" for share in (each.share, each.low, each.high)),
        str(each.blocks),
        figure(each.ceiling_rps),
    )
