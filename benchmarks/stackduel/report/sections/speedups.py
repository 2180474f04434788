"""The first chart: every stack's speedup with its interval."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Chart, Grid, Section
from stackduel.report.sections.figures import DASH, comparison_word, figure, speedup_text

READING = "How many times as fast as {baseline} each stack is."
INTERVAL = " The line is the {confidence} interval."
BAND = " Differences inside the grey band are too small to detect on this machine."
NOISY = " Hollow and dashed: measured on a noisy host."
SINGLE = " Too few blocks were measured for intervals: these are single figures."
HEADINGS = ("scenario", "stack", "tier", "speedup", "from", "to", "no difference within", "blocks", "verdict")
WORDS = frozenset({"scenario", "stack", "tier", "verdict"})


def sections(run: Run) -> Iterator[Section]:
    """Yield the speedups of a run that compared stacks; those of a tuning stand in its own table."""
    if not run.comparisons or run.suite.search:
        return
    yield Section("speedups", "How much faster?", (_chart(run),))


def _chart(run: Run) -> Chart:
    confidences = {each.confidence for each in run.comparisons if each.confidence is not None}
    confidence = " and ".join(f"{100 * each:g} %" for each in sorted(confidences))
    panels = [_panel(run, scenario.name) for scenario in run.suite.compared]
    return Chart(
        form="intervals",
        title=f"Speedup over {run.baseline}",
        reading=READING.format(baseline=run.baseline)
        + (INTERVAL.format(confidence=confidence) if confidences else SINGLE)
        + (BAND if any(panel["band"] for panel in panels) else "")
        + (NOISY if any(each.noisy for each in run.comparisons) else "")
        + _left_out(run),
        data={
            "x": {"label": "speedup (log scale)", "type": "log", "suffix": "x"},
            "reference": 1,
            "panels": [panel for panel in panels if panel["rows"]],
        },
        grid=Grid(
            "Speedups",
            HEADINGS,
            tuple(_row(run, each) for scenario in run.suite.compared for each in _ordered(run, scenario.name)),
            WORDS,
        ),
    )


def _left_out(run: Run) -> str:
    """Return which stacks have no mark, as their size is uncertain."""
    texts = [f"{each.candidate} in {each.scenario} is {each.verdict}" for each in run.comparisons if not _sized(each)]
    return f" Without a mark, as the size is uncertain: {'; '.join(texts)}." if texts else ""


def _sized(each: Comparison) -> bool:
    return each.size != "uncertain"


def _panel(run: Run, scenario: str) -> dict[str, object]:
    here = _ordered(run, scenario)
    margin = next((each.margin for each in here if each.margin is not None), None)
    return {
        "title": scenario,
        "band": None if margin is None else [1 / (1 + margin), 1 + margin],
        "rows": [
            {
                "stack": each.candidate,
                "value": _drawn(each),
                "low": each.low,
                "high": each.high,
                "text": f"{speedup_text(each)}{' noisy' if each.noisy else ''}",
                "note": _verdict(each),
                "noisy": each.noisy,
            }
            for each in here
            if _sized(each)
        ],
    }


def _drawn(each: Comparison) -> float:
    """Return where the mark stands: at the bound where only that is known."""
    bound = each.low if each.high is None else each.high
    return bound if each.size == "at_least" and bound is not None else each.speedup


def _ordered(run: Run, scenario: str) -> list[Comparison]:
    """Return the comparisons of a scenario in the order of the suite's stacks."""
    here = {each.candidate: each for each in run.comparisons if each.scenario == scenario}
    return [here[name] for name in run.stacks if name in here]


def _row(run: Run, each: Comparison) -> tuple[str, ...]:
    return (
        each.scenario,
        each.candidate,
        run.stacks[each.candidate].tier,
        speedup_text(each) if each.size else f"{figure(each.speedup)}x",
        figure(each.low),
        figure(each.high),
        DASH if each.margin is None else f"{100 * each.margin:.1f} %",
        str(each.blocks),
        _verdict(each),
    )


def _verdict(each: Comparison) -> str:
    if is_twin(each.candidate):
        return "the measure of chance"
    if each.verdict == "not tested":
        return each.verdict
    return comparison_word(each)
