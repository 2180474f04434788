"""The finding of clients that read the streams of a stack slowly."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.findings import Finding
from stackduel.model.search_results.slow_readers import HeldBack, MadeEvents, SlowReaders, SlowRound
from stackduel.search.leaving import delay_ratio


def read_slowly(stack: str, scenario: str, rounds: Sequence[SlowRound], bytes_per_s: int) -> Finding:
    """Return the finding of one or more rounds of a stack."""
    streams = [stream for each in rounds for stream in each.streams]
    found = SlowReaders(
        rounds=tuple(rounds),
        bytes_per_s=bytes_per_s,
        handler=held_back([(each.handler, each.read_events) for each in streams]),
        upstream=held_back([(each.upstream, each.read_events) for each in streams]),
        mib_per_stream=median_of_known(mib_per_stream(each) for each in rounds),
        others_p99_ms=median_of_known(each.others.p99_ms for each in rounds),
        beside_p99_ms=median_of_known(each.beside.p99_ms for each in rounds),
        delay_ratio=median_of_known(delay_ratio(each.others.p99_ms, each.beside.p99_ms) for each in rounds),
    )
    return Finding(stack, scenario, found)


def held_back(streams: Sequence[tuple[MadeEvents | None, int]]) -> HeldBack | None:
    """Return what one side made of streams, each with the events that its client read; None where nobody knows it."""
    known = [(made, read) for made, read in streams if made is not None]
    if not known:
        return None
    return HeldBack(
        held=sum(made.held for made, _ in known),
        streams=len(known),
        events=statistics.median(made.events for made, _ in known),
        due=statistics.median(made.due for made, _ in known),
        ahead=statistics.median(max(0, made.events - read) for made, read in known),
    )


def mib_per_stream(of: SlowRound) -> float | None:
    """Return how much memory each slow stream took; None where nobody knows it, or none was read slowly."""
    if of.memory is None or of.beside_memory is None or not of.streams:
        return None
    return max(0.0, of.memory.peak_mib - of.beside_memory.peak_mib) / len(of.streams)
