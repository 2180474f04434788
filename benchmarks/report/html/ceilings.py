"""Why: how near each stack came to the lowest ceiling that arithmetic knows for it (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.record import Run
from benchmarks.report.html.blocks import Chart, Grid, Lines, Paragraph, Section
from benchmarks.report.html.stacks import role_of
from benchmarks.report.table import DASH, figure
from benchmarks.stats.ceilings import REACHED
from benchmarks.trial import Limit
from benchmarks.twin import is_twin

READING = (
    "A ceiling is what a rate cannot exceed by arithmetic: waiting places by the wait, cores by the CPU time of a "
    "request, what the downstream can feed. A bar is the part of its lowest ceiling that a stack reached. At "
    "{reached} or more, that ceiling is what binds it: only raising it makes the stack faster."
)
HEADINGS = ("scenario", "stack", "what binds", "ceiling req/s", "measured req/s", "reached", "the sum")
WORDS = frozenset({"scenario", "stack", "what binds", "the sum"})
MEANINGS = {
    "connections": "the load has no more connections: the stack could serve more than it was asked for.",
    "offered": "the load offers no more: the stack could serve more than it was asked for.",
    "calls in turn": "the handler makes its downstream calls one after another: only a changed handler is faster.",
    "waiting slots": "all workers and threads are waiting: more of them, or a server that needs none, is faster.",
    "CPU": "the cores of the budget are busy: fewer CPU milliseconds a request, or more cores, are faster.",
    "downstream": "the downstream feeds no more: no change of the stack makes it faster.",
    "generator": "the load generator sends no more: the stack is at least this fast.",
}


def sections(run: Run) -> Iterator[Section]:
    """What binds the stacks, of a run in which ceilings are known."""
    meanings = tuple(_meanings(run))
    if any(each.predicted_rps for each in run.limits):
        yield Section("why", "Why?", (Paragraph(_summary(run)), *([Lines(meanings)] if meanings else []), _chart(run)))


def _summary(run: Run) -> str:
    told = [f"In {each.name}: {told}." for each in run.suite.scenarios if (told := _bound(run, each.name))]
    return " ".join(told) or "No stack reached a ceiling that is known: something that was not counted holds them back."


def _bound(run: Run, scenario: str) -> str:
    stacks: dict[str, list[str]] = {}
    for each in run.limits:
        if each.scenario == scenario and each.binds and not is_twin(each.stack):
            stacks.setdefault(each.binds, []).append(each.stack)
    return "; ".join(f"{_listed(names)} reached the ceiling of {ceiling}" for ceiling, names in stacks.items())


def _meanings(run: Run) -> Iterator[str]:
    """What the ceilings that were reached mean for who could raise them."""
    for name in dict.fromkeys(each.binds for each in run.limits if each.binds and not is_twin(each.stack)):
        if name in MEANINGS:
            yield f"{name[:1].upper()}{name[1:]}: {MEANINGS[name]}"


def _listed(names: list[str]) -> str:
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
            "by": "role",
            "panels": [
                {"title": scenario.name, "rows": [_bar(run, each) for each in known if each.scenario == scenario.name]}
                for scenario in run.suite.scenarios
            ],
        },
        grid=Grid("What binds", HEADINGS, tuple(_row(each) for each in run.limits), WORDS),
    )


def _bar(run: Run, each: Limit) -> dict[str, object]:
    share = _share(each) or 0.0
    return {
        "stack": each.stack,
        "role": role_of(str(run.stacks[each.stack]["tier"])),
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
