"""The rounds of searches without trials, as rows of trials.csv: clients that leave or read slowly, stops, starts."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.findings import SearchResult
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_results.leaving import Leaving
from stackduel.model.search_results.losses import Losses
from stackduel.model.search_results.recycling import Recycling
from stackduel.model.search_results.shutdown import Shutdown
from stackduel.model.search_results.slow_readers import MadeEvents, SlowReaders, SlowStream
from stackduel.model.search_results.window_effects import MemoryAround, StayedStreams

RoundRow = Mapping[str, Any]

# The columns that rounds alone have. Those that a row has besides are columns of trials.
ROUND_COLUMNS = (
    "clients", "left",
    "handler_noticed", "handler_noticed_ms", "handler_worst_ms",
    "upstream_noticed", "upstream_noticed_ms", "upstream_worst_ms",
    "slow_streams", "handler_held", "handler_ahead", "upstream_held", "upstream_ahead",
    "memory_before_mib", "memory_after_mib", "beside_memory_peak_mib",
    "others_p99_ms", "beside_p99_ms", "others_cut",
    "in_flight", "answered", "lost", "refused", "otherwise", "ended_s", "killed",
    "launch_ms", "first_ms", "warm_ms",
)  # fmt: skip


def round_rows(found: SearchResult) -> Iterator[RoundRow]:
    """Yield a row for each round of a result; none where its trials are rows already."""
    of = _ROUNDS.get(type(found))
    return iter(()) if of is None else of(found)


def _of_leaving(found: Leaving) -> Iterator[RoundRow]:
    for each in found.rounds:
        yield {
            "block": each.block,
            "clients": each.clients,
            "left": each.left,
            **_noticed("handler", each.handler_ms),
            **_noticed("upstream", each.upstream_ms),
            **_memory(each.memory),
            **_others(each.stayed, each.beside),
        }


def _of_slow_readers(found: SlowReaders) -> Iterator[RoundRow]:
    for each in found.rounds:
        yield {
            "block": each.block,
            "clients": each.clients,
            "slow_streams": len(each.streams),
            **_held("handler", each.streams, lambda stream: stream.handler),
            **_held("upstream", each.streams, lambda stream: stream.upstream),
            **_memory(each.memory),
            "beside_memory_peak_mib": each.beside_memory.peak_mib if each.beside_memory else None,
            **_others(each.others, each.beside),
        }


def _of_shutdown(found: Shutdown) -> Iterator[RoundRow]:
    for each in found.stops:
        row = {"block": each.block, "in_flight": each.in_flight, "ended_s": each.ended_s, "killed": int(each.killed)}
        yield {**row, **_losses(each.losses)}


def _of_recycling(found: Recycling) -> Iterator[RoundRow]:
    for each in found.rounds:
        yield {"block": each.block, "reconnects": each.reconnects, **_losses(each.losses)}


def _of_cold_start(found: ColdStart) -> Iterator[RoundRow]:
    for each in found.launches:
        times = {"launch_ms": each.launch_ms, "first_ms": each.first_ms, "warm_ms": each.warm_ms}
        yield {"block": each.block, **times, "cpu_s": each.cpu_s}


def _noticed(side: str, times_ms: Sequence[float] | None) -> RoundRow:
    if times_ms is None:
        return {}
    median_ms, worst_ms = (statistics.median(times_ms), max(times_ms)) if times_ms else (None, None)
    return {f"{side}_noticed": len(times_ms), f"{side}_noticed_ms": median_ms, f"{side}_worst_ms": worst_ms}


def _held(side: str, streams: Sequence[SlowStream], made_of: Callable[[SlowStream], MadeEvents | None]) -> RoundRow:
    known = [(made, each.read_events) for each in streams if (made := made_of(each)) is not None]
    if not known:
        return {}
    ahead = median_of_known(max(0, made.events - read) for made, read in known)
    return {f"{side}_held": sum(made.held for made, _ in known), f"{side}_ahead": ahead}


def _memory(memory: MemoryAround | None) -> RoundRow:
    if memory is None:
        return {}
    return {
        "memory_before_mib": memory.before_mib,
        "memory_peak_mib": memory.peak_mib,
        "memory_after_mib": memory.after_mib,
    }


def _others(others: StayedStreams, beside: StayedStreams) -> RoundRow:
    return {"others_p99_ms": others.p99_ms, "beside_p99_ms": beside.p99_ms, "others_cut": others.cut}


def _losses(losses: Losses) -> RoundRow:
    return {
        "answered": losses.answered,
        "lost": losses.lost,
        "refused": losses.refused,
        "otherwise": losses.other,
    }


_ROUNDS: Mapping[type[Any], Callable[[Any], Iterator[RoundRow]]] = {
    Leaving: _of_leaving,
    SlowReaders: _of_slow_readers,
    Shutdown: _of_shutdown,
    Recycling: _of_recycling,
    ColdStart: _of_cold_start,
}
