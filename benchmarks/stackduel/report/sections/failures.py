"""Requests that failed, by outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from stackduel.model.measurement import Outcome
from stackduel.report.sections.blocks import Block, Chart, Grid, Paragraph, Sentences
from stackduel.report.sections.counted_trials import ByStack

HEADINGS = ("stack", "requests", "failed", "share")


def blocks(trials: ByStack) -> Iterator[Block]:
    """Yield how many requests failed, and how."""
    requests = {name: sum(trial.measurement.requests for trial in each) for name, each in trials.items()}
    if not requests:
        return
    ends = {name: _ends(trials, name) for name in trials}
    if not any(ends.values()):
        yield Paragraph(f"No request failed, of {sum(requests.values()):,}.")
        return
    yield _chart(requests, ends)
    seen = dict.fromkeys(kind for each in ends.values() for kind in each)
    yield Sentences(tuple(f"{kind}: {Outcome(kind).meaning}" for kind in seen))


def _ends(trials: ByStack, name: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for trial in trials[name]:
        counts.update({kind: n for kind, n in trial.measurement.outcomes.items() if kind != Outcome.OK and n})
    return counts


def _chart(requests: dict[str, int], ends: dict[str, Counter[str]]) -> Chart:
    kinds = tuple(dict.fromkeys(kind for each in ends.values() for kind in each))
    shares = {name: each.total() / requests[name] if requests[name] else 0.0 for name, each in ends.items()}
    bars = [_bar(name, share, ends[name]) for name, share in shares.items()]
    listed = tuple(
        (
            name,
            f"{requests[name]:,}",
            f"{each.total():,}",
            f"{100 * shares[name]:.2g} %",
            *(f"{each[kind]:,}" for kind in kinds),
        )
        for name, each in ends.items()
    )
    return Chart(
        form="bars",
        title="Failed requests",
        reading="The share of all requests that were not answered rightly. None is best.",
        data={
            "x": {"label": "share of the requests", "type": "percent"},
            "panels": [{"title": "", "rows": bars}],
        },
        grid=Grid("Failed requests", (*HEADINGS, *kinds), listed),
    )


def _bar(stack: str, share: float, ends: Counter[str]) -> dict[str, object]:
    return {
        "stack": stack,
        "value": share,
        "text": f"{100 * share:.2g} %",
        "note": ", ".join(f"{n:,} {kind}" for kind, n in ends.items()),
    }
