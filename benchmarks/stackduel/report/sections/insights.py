"""What follows from two stacks' figures, by rules; each insight names the rows it is computed from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stackduel.analysis.head_to_head import FAILED, GPU, QPS, SUCCESS_RATE, TIE, HeadToHead
from stackduel.model.suite import OpenLoop
from stackduel.report.sections.figures import figure
from stackduel.report.sections.head_to_head_words import ratio_text

# Below this part of the rate that arrives, a server does not keep up with it.
KEPT_UP = 0.98
# A tail so many times the median, at a constant rate of like requests, is one request waiting for another.
WIDE, NARROW = 3.0, 1.5
# So many scenarios are named one by one.
MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Insight:
    """What some of the rows say together, and which rows.

    An insight of several scenarios is shown as its ``claim`` once, with the ``figures`` of each; without a claim the
    sentence is the same in all of them.
    """

    rows: tuple[str, ...]
    sentence: str
    claim: str = ""
    figures: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} ({', '.join(self.rows)})"


def insights(result: HeadToHead) -> Iterator[Insight]:
    """Yield what follows from the rows; each insight names the rows it is computed from."""
    yield from _of_rate(result)
    yield from _of_failures(result)
    yield from _of_middle_and_tail(result)
    yield from _of_spread(result)
    yield from _of_gpu(result)


def merged(of_scenarios: Iterable[tuple[str, Insight]], scenarios: int) -> Iterator[str]:
    """Yield insights as sentences; one that holds in several scenarios is one sentence with the figures of each."""
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[str, Insight]]] = {}
    for scenario, insight in of_scenarios:
        groups.setdefault((insight.claim or insight.sentence, insight.rows), []).append((scenario, insight))
    for (claim, rows), group in groups.items():
        if scenarios == 1:
            yield str(group[0][1])
        elif not group[0][1].figures:
            where = "every scenario" if len(group) == scenarios else _some([scenario for scenario, _ in group])
            yield f"{claim} ({', '.join(rows)}; {where})"
        else:
            figures = _some([f"in {scenario} {insight.figures}" for scenario, insight in group], "; ")
            yield f"{claim}. I{figures[1:]} ({', '.join(rows)})"


def _some(texts: list[str], between: str = ", ") -> str:
    """Return the first of them, and how many more there are."""
    shown, others = texts[:MOST_NAMED], len(texts) - MOST_NAMED
    return between.join([*shown, f"and {others} more"] if others > 1 else texts)


def _of_rate(result: HeadToHead) -> Iterator[Insight]:
    load, row = result.scenario.load, result.row(QPS)
    if row.first is None or row.second is None:
        return
    if not isinstance(load, OpenLoop):
        if row.winner in {result.first, result.second}:
            yield Insight(
                (QPS,),
                f"{row.winner} serves more: {ratio_text(row)} the requests a second.",
                f"{row.winner} serves more requests a second",
                ratio_text(row),
            )
        return
    share = result.row(SUCCESS_RATE)
    sides = ((result.first, row.first, share.first), (result.second, row.second, share.second))
    # What failed is behind nothing any more.
    slow = [
        f"{name} answered {figure(rate)} of them in time"
        for name, rate, kept in sides
        if rate < KEPT_UP * load.rate_rps * (kept or 0.0)
    ]
    if slow:
        yield Insight(
            (QPS,),
            f"{load.rate_rps:g} requests arrive a second, and {' and '.join(slow)}: the backlog grows with every "
            "second of the window, and the latencies include it.",
            "Not all requests are answered as fast as they arrive: the backlog grows with every second of the "
            "window, and the latencies include it",
            f"of {load.rate_rps:g} a second {' and '.join(slow)}",
        )
    else:
        yield Insight(
            (QPS,),
            f"Both keep up with the {load.rate_rps:g} requests that arrive a second, so QPS says nothing of how much "
            "more either could do: only a higher rate does.",
            "Both keep up with the requests that arrive, so QPS says nothing of how much more either could do",
            f"{load.rate_rps:g} a second",
        )


def _of_failures(result: HeadToHead) -> Iterator[Insight]:
    failed, share = result.row(FAILED), result.row(SUCCESS_RATE)
    if not failed.first and not failed.second:
        yield Insight((FAILED, SUCCESS_RATE), "Neither fails a request, so the latencies are of the same work.")
    # A closed loop has no latencies but those of right answers.
    besides = (
        ", and of those that it kept waiting until the timeout" if isinstance(result.scenario.load, OpenLoop) else ""
    )
    for name, count, kept in ((result.first, failed.first, share.first), (result.second, failed.second, share.second)):
        if count and kept is not None:
            how_many = f"{count:,.0f} requests ({100 * (1 - kept):.2g} %)"
            of_whom = f"its latencies are of those that it answered{besides}"
            yield Insight(
                (FAILED, SUCCESS_RATE),
                f"{name} fails {how_many}: {of_whom}.",
                f"{name} fails requests, and {of_whom}",
                how_many,
            )


def _of_middle_and_tail(result: HeadToHead) -> Iterator[Insight]:
    tail_name = "p99" if result.row("p99").winner is not None else "p95"
    middle, tail = result.row("p50"), result.row(tail_name)
    if middle.winner is None or tail.winner is None:
        return
    names = ("p50", tail_name)
    if middle.winner == tail.winner == TIE:
        yield Insight(names, "Neither is faster, in the middle or at the tail: what differs is within the noise.")
    elif middle.winner == tail.winner:
        yield Insight(
            names,
            f"{middle.winner} is faster for all: {ratio_text(middle)} in the middle, {ratio_text(tail)} at the tail.",
            f"{middle.winner} is faster in the middle and at the tail",
            f"{ratio_text(middle)} and {ratio_text(tail)}",
        )
    elif TIE in {middle.winner, tail.winner}:
        row, where = (middle, "in the middle") if tail.winner == TIE else (tail, "at the tail")
        other = "at the tail" if row is middle else "in the middle"
        yield Insight(
            names,
            f"{row.winner} is faster {where} ({ratio_text(row)}), and neither is {other}.",
            f"{row.winner} is faster {where}, and neither is {other}",
            ratio_text(row),
        )
    else:
        yield Insight(
            names,
            f"{middle.winner} is faster in the middle ({ratio_text(middle)}) and {tail.winner} at the tail "
            f"({ratio_text(tail)}): which of them counts depends on the service, not on the figures.",
            f"{middle.winner} is faster in the middle and {tail.winner} at the tail: which of them counts "
            "depends on the service, not on the figures",
            f"{ratio_text(middle)} and {ratio_text(tail)}",
        )


def _of_spread(result: HeadToHead) -> Iterator[Insight]:
    """Yield how far the tail is from the middle, which separates queueing from work."""
    p50, p95 = result.row("p50"), result.row("p95")
    for name, middle, tail in ((result.first, p50.first, p95.first), (result.second, p50.second, p95.second)):
        if not middle or tail is None:
            continue
        spread = tail / middle
        if spread >= WIDE:
            what = (
                "with requests all alike that is waiting for one another, not work"
                if len(result.scenario.workloads) == 1
                else "some of its requests are heavier, or wait for one another"
            )
        elif spread <= NARROW:
            what = "its requests hardly wait for one another"
        else:
            continue
        times = f"{figure(spread)} times its p50"
        sentence = f"{name}'s p95 is {times}: {what}."
        how_far = "far above" if spread >= WIDE else "near"
        yield Insight(("p50", "p95"), sentence, f"{name}'s p95 is {how_far} its p50: {what}", times)


def _of_gpu(result: HeadToHead) -> Iterator[Insight]:
    row = result.row(GPU)
    if row.first is None and row.second is None:
        if not any(workload.model for workload in result.scenario.workloads):
            return
        yield Insight((GPU,), "No graphics processor was observed: as far as is known, both computed on the CPU.")
    elif row.first is not None and row.second is not None:
        yield Insight(
            (GPU,),
            f"{result.first} keeps the GPU busy {100 * row.first:.0f} % of the time, {result.second} "
            f"{100 * row.second:.0f} %: with less of it for the same work, there is room for more.",
            f"How busy {result.first} and {result.second} keep the GPU: with less of it for the same work, there is "
            "room for more",
            f"{100 * row.first:.0f} % and {100 * row.second:.0f} %",
        )
