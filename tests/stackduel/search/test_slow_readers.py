"""The results of rounds with slow readers."""

from __future__ import annotations

from stackduel.model.search_results.slow_readers import HeldBack, MadeEvents, SlowReaders, SlowRound, SlowStream
from stackduel.model.search_results.window_effects import MemoryAround, StayedStreams
from stackduel.search.slow_readers import held_back, mib_per_stream, read_slowly

STREAMS = (
    SlowStream(10_000, 2, MadeEvents(40, 100), MadeEvents(95, 100)),
    SlowStream(12_000, 4, MadeEvents(50, 100), MadeEvents(97, 100)),
)


def round_of(block: int, streams: tuple[SlowStream, ...], peak_mib: float) -> SlowRound:
    """A round whose window beside had a peak of 50 MiB."""
    memory, beside = MemoryAround(40, peak_mib, 41), MemoryAround(40, 50, 41)
    return SlowRound(block, 2, streams, memory, beside, StayedStreams(1, 12.0), StayedStreams(0, 6.0))


def test_rounds_add_up() -> None:
    """Sides of all streams together, medians of the rounds' memory and delays, counts."""
    found = read_slowly("a", "relayed", [round_of(1, STREAMS, 60), round_of(2, STREAMS[:1], 54)], 1024).found
    assert isinstance(found, SlowReaders)
    assert (found.slow, found.without_stream, found.cut) == (3, 1, 2)
    assert found.handler == HeldBack(3, 3, 40, 100, 38)
    assert found.upstream == HeldBack(0, 3, 95, 100, 93)
    assert (found.handler.unheld, found.upstream.unheld) == (0, 3)
    assert (found.mib_per_stream, found.delay_ratio) == (4.5, 2.0)
    assert found.sentence == (
        "3 streams were read at 1,024 bytes a second (1 more clients had none); the handler was held back in 3 of 3 "
        "and made 40 of 100 events that were due, 38 ahead of its client; the upstream was held back in 0 of 3 and "
        "made 95 of 100 events that were due, 93 ahead of its client; 4.5 MiB a slow stream; of the streams of the "
        "others 2 were cut, and the p99 of their added delay was 12 ms, beside 6 where nobody reads slowly."
    )


def test_what_nobody_knows_is_not_guessed() -> None:
    """Without ends there is no side; without memory or streams no MiB; a lower peak is no memory below zero."""
    assert held_back([(None, 3)]) is None
    assert mib_per_stream(round_of(1, (), 60)) is None
    assert mib_per_stream(round_of(1, STREAMS, 48)) == 0.0
