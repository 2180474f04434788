"""The notes that belong to a comparison of two runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from stackduel.analysis.decision import SMALLEST_MARGIN
from stackduel.analysis.history.changes import StackChange
from stackduel.analysis.history.compared_runs import ComparedRuns, twin_change
from stackduel.model.run import Run

# Without an interval, a baseline that moved by more than this gets a note.
NOTABLE = 0.05


def of_states(old: Run, new: Run) -> Iterator[str]:
    """Yield a note for each run that is not complete."""
    for run in (old, new):
        if run.status != "complete":
            yield f"{run.run_id} is {run.status}: {len(run.done())} of {run.planned} trials measured."


def of_baseline(changes: Sequence[StackChange], baseline: str | None) -> Iterator[str]:
    """Yield a note for each scenario in which the baseline itself changed: raw changes contain that, ratios do not."""
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
                f"{each.scenario}: {baseline}, the baseline, changed to {raw.value:.3g}x{bounds} of its old figure: "
                "the host or the baseline itself changed. Raw changes contain what changed baseline and stack alike, "
                "ratios do not."
            )


def of_sizes(runs: ComparedRuns, scenarios: Sequence[str]) -> Iterator[str]:
    """Yield what each run says by itself of a stack without an interval: no ratio of the two shows that."""
    for run in (each.run for each in runs):
        for each in run.comparisons:
            if each.size is None or each.scenario not in scenarios or each.verdict not in {"faster", "slower"}:
                continue
            size = "by how much is uncertain"
            if each.size == "at_least":
                size = f"at least {each.low:.3g}x" if each.low is not None else f"at most {each.high:.3g}x"
            yield f"{each.scenario}: {each.candidate} is {each.verdict} than {each.baseline} in {run.run_id}, {size}."


def of_twins(runs: ComparedRuns, scenarios: Sequence[str], baseline: str | None) -> Iterator[str]:
    """Yield a note for each scenario in which the twin's ratio to the baseline changed: only the host can do that."""
    for scenario in scenarios if baseline else ():
        change = twin_change(runs, scenario, baseline or "")
        if change and (change.low > 1 + SMALLEST_MARGIN or change.high < 1 / (1 + SMALLEST_MARGIN)):
            yield (
                f"{scenario}: the baseline's twin changed against the baseline ({change.ratio:.3g}x, "
                f"{change.low:.3g}-{change.high:.3g}), so a host favoured one of two equal servers."
            )
