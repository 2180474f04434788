"""Insights from two stacks' figures, by rules; each names the rows it is computed from."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.head_to_head import FAILED, GPU, QPS, SUCCESS_RATE, TIE, HeadToHead, HeadToHeadRow
from stackduel.model.suite import OpenLoop
from stackduel.report.sections.figures import figure
from stackduel.report.sections.head_to_head_words import ratio_text
from stackduel.report.sections.merged_insights import Insight

# Below this part of the rate that arrives, a server does not keep up with it.
KEPT_UP = 0.98
# A tail so many times the median, at a constant rate of like requests, is one request waiting for another.
WIDE, NARROW = 3.0, 1.5


def insights(result: HeadToHead) -> Iterator[Insight]:
    """Yield what follows from the rows; each insight names the rows it is computed from."""
    yield from _of_rate(result)
    yield from _of_failures(result)
    yield from _of_middle_and_tail(result)
    yield from _of_spread(result)
    yield from _of_gpu(result)


def _of_rate(result: HeadToHead) -> Iterator[Insight]:
    load, row = result.scenario.load, result.row(QPS)
    if row.first is None or row.second is None:
        return
    if isinstance(load, OpenLoop):
        yield _of_open_loop(result, load, row.first, row.second)
    elif row.winner in {result.first, result.second}:
        yield Insight(
            (QPS,),
            f"{row.winner} serves more: {ratio_text(row)} the requests a second.",
            f"{row.winner} serves more requests a second",
            ratio_text(row),
        )


def _of_open_loop(result: HeadToHead, load: OpenLoop, first_rps: float, second_rps: float) -> Insight:
    """Return whether both keep up with the requests that arrive."""
    share = result.row(SUCCESS_RATE)
    sides = ((result.first, first_rps, share.first), (result.second, second_rps, share.second))
    # Failed requests do not count as backlog.
    slow = [
        f"{name} answered {figure(rate)} of them in time"
        for name, rate, kept in sides
        if rate < KEPT_UP * load.rate_rps * (kept or 0.0)
    ]
    if slow:
        return Insight(
            (QPS,),
            f"{load.rate_rps:g} requests arrive a second, and {' and '.join(slow)}: the backlog grows with every "
            "second of the window, and the latencies include it.",
            "Not all requests are answered as fast as they arrive: the backlog grows with every second of the "
            "window, and the latencies include it",
            f"of {load.rate_rps:g} a second {' and '.join(slow)}",
        )
    return Insight(
        (QPS,),
        f"Both keep up with the {load.rate_rps:g} requests that arrive a second, so QPS does not show how much "
        "more either could serve: only a higher rate would.",
        "Both keep up with the requests that arrive, so QPS does not show how much more either could serve",
        f"{load.rate_rps:g} a second",
    )


def _of_failures(result: HeadToHead) -> Iterator[Insight]:
    failed, share = result.row(FAILED), result.row(SUCCESS_RATE)
    if not failed.first and not failed.second:
        yield Insight((FAILED, SUCCESS_RATE), "Neither fails a request, so the latencies are of the same work.")
    # A closed loop has no latencies but those of right answers.
    timeouts = ", and of those that waited until the timeout" if isinstance(result.scenario.load, OpenLoop) else ""
    for name, count, kept in ((result.first, failed.first, share.first), (result.second, failed.second, share.second)):
        if count and kept is not None:
            how_many = f"{count:,.0f} requests ({100 * (1 - kept):.2g} %)"
            of_whom = f"its latencies are those of the requests that it answered{timeouts}"
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
        if tail.winner == TIE:
            yield _faster_at_one_end(names, middle, "in the middle", "at the tail")
        else:
            yield _faster_at_one_end(names, tail, "at the tail", "in the middle")
    else:
        yield Insight(
            names,
            f"{middle.winner} is faster in the middle ({ratio_text(middle)}) and {tail.winner} at the tail "
            f"({ratio_text(tail)}): which of them counts depends on the service, not on the figures.",
            f"{middle.winner} is faster in the middle and {tail.winner} at the tail: which of them counts "
            "depends on the service, not on the figures",
            f"{ratio_text(middle)} and {ratio_text(tail)}",
        )


def _faster_at_one_end(names: tuple[str, ...], row: HeadToHeadRow, where: str, other: str) -> Insight:
    claim, figures = f"{row.winner} is faster {where}", ratio_text(row)
    return Insight(names, f"{claim} ({figures}), and neither is {other}.", f"{claim}, and neither is {other}", figures)


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
