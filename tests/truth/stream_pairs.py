"""Every read of an event beside its write: what the server's log says of each, and where the host came between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from stackduel.model.histogram import Histogram, Nanoseconds
from stackduel.model.stream_figures import StreamFigures
from tests.truth.stream_reader import Reads
from tests.truth.stream_server import Sent

MS = 1_000_000
QUANTILES = (0.5, 0.9, 0.99)
# What a histogram of three digits may be off by.
DIGITS = 0.001
# A moment is a float of seconds on its way.
ROUNDING_NS = 1_000
# The host may have held an event up shortly before or after it was written or read.
AROUND_NS = 1 * MS
MOST_EXCLUDED = 0.1
# Where many connections are opened at once, the server accepts some of them later.
MOST_EXCLUDED_REQUESTS = 0.5


class UntrueError(AssertionError):
    """A time differs from the server's log: by our fault, or because the host held one of the two up."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Events in the order of the log: when each was due, made, written and read, and the number of its stream.

    ``asked_ns`` is when each stream was asked for, ``came_ns`` when its request came.
    """

    due_ns: Nanoseconds
    made_ns: Nanoseconds
    written_ns: Nanoseconds
    read_ns: Nanoseconds
    stream: NDArray[np.int64]
    asked_ns: Nanoseconds
    came_ns: Nanoseconds

    @staticmethod
    def of(log: Sequence[Sent], reads: Reads) -> Pairs:
        """Pair each event of a log with its read; a doubled one's reads in their order."""
        due_ns, made_ns, written_ns, stream = np.array(
            [
                (sent.zero_ns + due_ns, sent.zero_ns + made_ns, written_ns, number)
                for number, sent in enumerate(log)
                for _, due_ns, made_ns, written_ns in sent.events
            ],
            np.int64,
        ).T
        assert reads.due_ns.size == due_ns.size
        mine, theirs = np.lexsort((reads.read_ns, reads.due_ns)), np.lexsort((written_ns, due_ns))
        assert np.abs(reads.due_ns[mine] - due_ns[theirs]).max() <= ROUNDING_NS
        read_ns = np.empty_like(written_ns)
        read_ns[theirs] = reads.read_ns[mine]
        firsts = np.flatnonzero(np.diff(stream, prepend=-1))
        asked = dict(zip(reads.first_ns.tolist(), reads.asked_ns.tolist(), strict=True))
        asked_ns = np.array([asked[int(first_ns)] for first_ns in read_ns[firsts]])
        return Pairs(due_ns, made_ns, written_ns, read_ns, stream, asked_ns, np.array([sent.came_ns for sent in log]))

    def firsts(self) -> NDArray[np.int64]:
        """Return where each stream's first event is."""
        return np.flatnonzero(np.diff(self.stream, prepend=-1))

    def followers(self) -> NDArray[np.int64]:
        """Return where the events are that follow another one of their stream."""
        return np.flatnonzero(np.diff(self.stream, prepend=-1) == 0)

    def sizes(self) -> Counter[int]:
        """Return how many reads completed so many events."""
        return Counter(Counter(zip(self.stream.tolist(), self.read_ns.tolist(), strict=True)).values())

    def late(self, bound: float) -> NDArray[np.bool_]:
        """Return which events were read so much later than written: by ``bound`` of their delay, or of 100 ms."""
        allowed_ns = bound * np.maximum(self.written_ns - self.due_ns, 100 * MS)
        late: NDArray[np.bool_] = np.abs(self.read_ns - self.written_ns) > allowed_ns
        return late

    def came_late(self, bound: float) -> NDArray[np.bool_]:
        """Return of which streams the request came so much later than it was sent: the log does not know of that."""
        late: NDArray[np.bool_] = self.came_ns - self.asked_ns > bound * 100 * MS
        return late


def agrees(
    figures: StreamFigures, pairs: Pairs, bound: float, held_up_ns: Sequence[tuple[int, int]], most_unexplained: float
) -> None:
    """Assert that the figures are those of the reads; raise UntrueError unless these are the log's within ``bound``.

    An event whose read and write differ is left out by name where the host held up one of the two. Of all events
    ``most_unexplained`` may differ otherwise.
    """
    late = pairs.late(bound)
    unexplained = [event for event in np.flatnonzero(late).tolist() if not _is_held_up(pairs, event, held_up_ns)]
    if len(unexplained) > most_unexplained * late.size:
        raise UntrueError(f"nothing held the host up, but {', '.join(_named(pairs, each) for each in unexplained[:5])}")
    if late.mean() > MOST_EXCLUDED:
        raise UntrueError(f"the host held up {late.sum()} of {late.size} events")
    came_late = pairs.came_late(bound)
    if came_late.mean() > MOST_EXCLUDED_REQUESTS:
        raise UntrueError(f"{came_late.sum()} of {came_late.size} requests were on their way for long")
    for name, found, times in _figures(figures, pairs, late, came_late):
        assert found.count == times.read_ns.size, name
        _is_close(name, found, times.read_ns, DIGITS, 1)
        read = Histogram.of(times.read_ns[times.known])
        _is_close(f"{name}, beside the log", read, times.written_ns[times.known], bound, bound * 100 * MS)
    assert figures.events == pairs.read_ns.size
    assert figures.reads == pairs.sizes()


class _Times(NamedTuple):
    """Times as read and as written, and which of them the host left alone."""

    read_ns: Nanoseconds
    written_ns: Nanoseconds
    known: NDArray[np.bool_]


def _figures(
    figures: StreamFigures, pairs: Pairs, late: NDArray[np.bool_], came_late: NDArray[np.bool_]
) -> Iterator[tuple[str, Histogram, _Times]]:
    """Yield each figure by its name, with the times that it adds up."""
    due_ns, made_ns, written_ns, read_ns = pairs.due_ns, pairs.made_ns, pairs.written_ns, pairs.read_ns
    yield "added", figures.added, _Times(read_ns - due_ns, written_ns - due_ns, ~late)
    yield "way", figures.way, _Times(read_ns - made_ns, written_ns - made_ns, ~late)
    yield "made_late", figures.made_late, _Times(made_ns - due_ns, made_ns - due_ns, ~late)
    firsts, later = pairs.firsts(), pairs.followers()
    known = ~(late[firsts] | came_late)
    yield "ttft", figures.ttft, _Times(read_ns[firsts] - pairs.asked_ns, written_ns[firsts] - pairs.came_ns, known)
    known = ~(late[later] | late[later - 1])
    yield (
        "gap",
        figures.gap,
        _Times(read_ns[later] - read_ns[later - 1], written_ns[later] - written_ns[later - 1], known),
    )


def _is_close(name: str, found: Histogram, right_ns: Nanoseconds, rel: float, least_ns: float) -> None:
    """Raise UntrueError where a quantile or the mean is not the right one."""
    right = np.sort(right_ns)
    expected = {q: int(right[int(np.ceil(q * right.size)) - 1]) for q in QUANTILES}
    quantiles = {q: found.quantile_ns(q) for q in QUANTILES}
    if quantiles != pytest.approx(expected, rel=rel + DIGITS, abs=least_ns):
        raise UntrueError(f"{name}: {quantiles}, not {expected}")
    if found.mean_ns != pytest.approx(right.mean(), rel=rel + DIGITS, abs=least_ns):
        raise UntrueError(f"{name}: a mean of {found.mean_ns}, not {right.mean()}")


def _is_held_up(pairs: Pairs, event: int, held_up_ns: Sequence[tuple[int, int]]) -> bool:
    moments_ns = (int(pairs.written_ns[event]), int(pairs.read_ns[event]))
    begins_ns, ends_ns = min(moments_ns) - AROUND_NS, max(moments_ns) + AROUND_NS
    return any(from_ns < ends_ns and to_ns > begins_ns for from_ns, to_ns in held_up_ns)


def _named(pairs: Pairs, event: int) -> str:
    late_ms = (pairs.read_ns[event] - pairs.written_ns[event]) / MS
    due_ms = (pairs.due_ns[event] - pairs.due_ns.min()) / MS
    return f"the event of stream {pairs.stream[event]} due after {due_ms:.1f} ms came {late_ms:.2f} ms after its write"
