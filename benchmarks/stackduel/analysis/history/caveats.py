"""What has to be said beside a comparison of two runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from stackduel.analysis.decision import SMALLEST_MARGIN
from stackduel.analysis.history.changes import StackChange
from stackduel.analysis.history.compared_runs import ComparedRuns, twin_change
from stackduel.model.run import Run

# A baseline that moved by more than this without an interval is worth a word.
NOTABLE = 0.05


def of_states(old: Run, new: Run) -> Iterator[str]:
    """Where a run is not whole."""
    for run in (old, new):
        if run.status != "complete":
            yield f"{run.run_id} is {run.status}: {len(run.done())} of {run.planned} trials measured."


def of_baseline(changes: Sequence[StackChange], baseline: str | None) -> Iterator[str]:
    """Where the baseline itself is not what it was: ratios are free of that, raw changes are not."""
    for each in changes:
        raw = each.raw
        if each.stack != baseline:
            continue
        if raw.low is None or raw.high is None:
            moved = abs(math.log(raw.value)) > math.log1p(NOTABLE)
            bounds = ""
        else:
            moved = raw.low > 1 or raw.high < 1
            bounds = f" ({raw.low:.3g}-{raw.high:.3g})"
        if moved:
            yield (
                f"{each.scenario}: {baseline}, the baseline, is itself at {raw.value:.3g}x{bounds} of what it was: the "
                "host, or the baseline. Ratios are free of what changed it and the stack alike, raw changes are not."
            )


def of_twins(runs: ComparedRuns, scenarios: Sequence[str], baseline: str | None) -> Iterator[str]:
    """Where the baseline's twin changed beside the baseline: nothing did that but the host."""
    for scenario in scenarios if baseline else ():
        found = twin_change(runs, scenario, baseline or "")
        if found and (found.low > 1 + SMALLEST_MARGIN or found.high < 1 / (1 + SMALLEST_MARGIN)):
            yield (
                f"{scenario}: the baseline's twin changed beside the baseline ({found.ratio:.3g}x, "
                f"{found.low:.3g}-{found.high:.3g}), so something on a host favoured one of two equal servers."
            )
