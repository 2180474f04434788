"""Why a stack is as fast as it is: how near it came to its lowest ceiling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.ceilings import REACHED
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Limit
from stackduel.model.run import Run
from stackduel.report.sections import ceiling_shares
from stackduel.report.sections.blocks import Block, Chart, Grid, Paragraph, Section, Sentences
from stackduel.report.sections.figures import DASH, figure

READING = (
    "A ceiling is the highest rate that arithmetic allows: waiting slots by wait, cores by CPU time, or the "
    "downstream's rate. A bar is the part of its lowest ceiling that a stack reached; from {reached} on, only raising "
    "that ceiling makes the stack faster."
)
HEADINGS = ("scenario", "stack", "bottleneck", "ceiling req/s", "measured req/s", "reached", "the sum")
WORDS = frozenset({"scenario", "stack", "bottleneck", "the sum"})
# A ceiling's name at the beginning of a sentence, and what would raise it.
MEANINGS = {
    "connections": (
        "The number of connections",
        "The load has no more of them: the stack could serve more than it was asked for.",
    ),
    "offered": ("What the load offers", "The stack could serve more than it was asked for."),
    "calls in turn": (
        "Calls in turn",
        "The handler makes its downstream calls one after another: only a changed handler is faster.",
    ),
    "waiting slots": (
        "The number of waiting slots",
        "All workers and threads are waiting: more of them, or a server that needs none, is faster.",
    ),
    "CPU": (
        "CPU time",
        "The cores of the budget are busy: fewer CPU milliseconds a request, or more cores, are faster.",
    ),
    "downstream": ("The downstream", "It feeds no more: no change of the stack makes it faster."),
    "generator": ("The load generator", "It sends no more: the stack is at least this fast."),
}


def sections(run: Run) -> Iterator[Section]:
    """Yield the bottlenecks of a run in which ceilings are known."""
    blocks = (*_of_limits(run), *ceiling_shares.charts(run))
    if blocks:
        yield Section("why", "Why?", blocks)


def limits_sections(run: Run) -> Iterator[Section]:
    """Yield the lowest ceiling of each stack in each scenario as a sentence."""
    if lines := tuple(limit_lines(run)):
        yield Section("limits", "The bottleneck of each stack", (Sentences(lines),))


def limit_lines(run: Run) -> list[str]:
    """Return the bottleneck of each stack in each scenario, predicted beside measured."""
    return [f"{each.scenario}, {each.stack}: {each.sentence}" for each in run.limits if not is_twin(each.stack)]


def _of_limits(run: Run) -> Iterator[Block]:
    if not any(each.predicted_rps for each in run.limits):
        return
    reached = tuple(_bound(run))
    if reached:
        yield Sentences(reached)
    else:
        yield Paragraph("No stack reached a ceiling that is known: something else limits them.")
    yield _chart(run)


def _bound(run: Run) -> Iterator[str]:
    """Yield which stacks reached which ceiling, and what would raise it; each ceiling once over all scenarios."""
    reached: dict[str, dict[str, list[str]]] = {}
    for each in run.limits:
        if each.binds and not is_twin(each.stack):
            reached.setdefault(each.binds, {}).setdefault(each.scenario, []).append(each.stack)
    for ceiling, scenarios in reached.items():
        alike: dict[tuple[str, ...], list[str]] = {}
        for scenario, stacks in scenarios.items():
            alike.setdefault(tuple(stacks), []).append(scenario)
        where = "; ".join(f"{_who(run, stacks)} in {_listed(names)}" for stacks, names in alike.items())
        name, meaning = MEANINGS.get(ceiling, (ceiling, ""))
        yield f"{name} limited {where}. {meaning}".rstrip()


def _who(run: Run, stacks: Sequence[str]) -> str:
    everyone = {name for name in run.stacks if not is_twin(name)}
    return "every stack" if len(stacks) > 2 and everyone == set(stacks) else _listed(stacks)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _chart(run: Run) -> Chart:
    known = [each for each in run.limits if each.predicted_rps]
    return Chart(
        form="bars",
        title="Measured against the lowest ceiling",
        reading=READING.format(reached=f"{100 * REACHED:.0f} %"),
        data={
            "x": {"label": "part of the lowest ceiling that was reached", "type": "percent"},
            "reference": REACHED,
            "panels": [
                {"title": scenario.name, "rows": [_bar(each) for each in known if each.scenario == scenario.name]}
                for scenario in run.suite.compared
            ],
        },
        grid=Grid("Bottlenecks", HEADINGS, tuple(_row(each) for each in run.limits), WORDS),
    )


def _bar(each: Limit) -> dict[str, object]:
    share = _share(each) or 0.0
    return {
        "stack": each.stack,
        "value": share,
        "text": f"{100 * share:.1f} %: {each.binds or 'none reached'}",
        "note": each.sentence,
    }


def _share(each: Limit) -> float | None:
    return each.measured_rps / each.predicted_rps if each.predicted_rps else None


def _row(each: Limit) -> tuple[str, ...]:
    share = _share(each)
    return (
        each.scenario,
        each.stack,
        each.binds or "none reached",
        figure(each.predicted_rps),
        figure(each.measured_rps),
        DASH if share is None else f"{100 * share:.1f} %",
        each.sentence,
    )
