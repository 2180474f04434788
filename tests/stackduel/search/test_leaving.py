"""The results of rounds with clients that leave."""

from __future__ import annotations

from stackduel.model.search_results.leaving import Leaving, LeavingRound, Noticing
from stackduel.model.search_results.window_effects import MemoryAround, StayedStreams
from stackduel.search.leaving import delay_ratio, left_behind, noticing


def round_of(
    block: int, handler_ms: tuple[float, ...] | None, p99_ms: float | None, memory: MemoryAround | None = None
) -> LeavingRound:
    """A round in which three of four left."""
    return LeavingRound(block, 4, 3, 1, handler_ms, None, memory, StayedStreams(1, p99_ms), StayedStreams(0, 5.0))


def test_rounds_add_up() -> None:
    """Times of all rounds together, medians of memory and delays, the ratio of each round's pair, and counts."""
    rounds = [
        round_of(1, (1.0, 2.0, 30.0), 10.0, MemoryAround(40, 60, 41)),
        round_of(2, (4.0, 3.0), 5.0, MemoryAround(42, 70, 47)),
        round_of(3, (5.0,), None),
    ]
    found = left_behind("slow", "relayed", rounds).found
    assert isinstance(found, Leaving)
    assert (found.left, found.without_stream, found.cut) == (9, 3, 3)
    assert found.handler == Noticing(6, 3, 3.5, 30.0)
    assert found.upstream is None
    assert found.memory == MemoryAround(41, 65, 44)
    assert found.memory.kept_mib == 3
    assert (found.stayed_p99_ms, found.beside_p99_ms, found.delay_ratio) == (7.5, 5.0, 1.5)
    assert found.sentence == (
        "9 clients left in the middle of their streams (3 more had none that was open); the handler noticed after "
        "3.5 ms (worst 30), 3 never within the window; 41 MiB before, 65 at its peak, 44 afterwards; of the streams "
        "of the others 3 were cut, and the p99 of their added delay was 7.5 ms, beside 5 where nobody left."
    )


def test_nobody_is_accused_of_what_nobody_can_know() -> None:
    """Without a log, or without anybody who left, there is nothing to notice; with one, all may be missed."""
    assert noticing(3, [(1.0,), None]) is None
    assert noticing(0, [()]) is None
    assert noticing(2, [()]) == Noticing(0, 2, None, None)


def test_short_delays_make_no_ratio() -> None:
    """A time below a timer's millisecond counts as that; an unknown one makes none."""
    assert delay_ratio(0.9, 0.1) == 1.0
    assert delay_ratio(3.0, 0.1) == 3.0
    assert delay_ratio(None, 1.0) is None
