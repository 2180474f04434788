"""The streams of a window: kept as they were read, and parsed, judged and counted once it is closed.

On cores shared with the server, a generator that parsed while it reads would take time from what it measures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf

from stackduel.load.job import Job
from stackduel.load.streams.expected_stream import ExpectedStream
from stackduel.load.streams.stream_reader import StreamReader
from stackduel.load.streams.stream_reads import StreamReads
from stackduel.load.streams.stream_tally import StreamTally
from stackduel.model.measurement import FailedAnswer, Outcome
from stackduel.model.stream_figures import StreamFigures

# About half a million events of a hundred bytes. What goes beyond is parsed while the load is on.
MOST_KEPT_BYTES = 64 * 1024 * 1024
# A stream that ended so had begun, and should have gone on.
CUT_SHORT = frozenset({Outcome.TRUNCATED, Outcome.TIMEOUT, Outcome.PROTOCOL, Outcome.TOO_LARGE, Outcome.CLOSED})


class Streams:
    """Keeps the reads of streams, and gives their figures.

    Unless ``by_stream``, events count that were read in the window; otherwise all those of the streams that were to be
    opened in it, whenever they were read.
    """

    def __init__(self, job: Job, *, by_stream: bool) -> None:
        self._expected = [
            ExpectedStream.of(call.expectation.body, call.workload.check, call.workload.stream or "sse")
            for call in job.calls
        ]
        self._status = [call.expectation.status for call in job.calls]
        self._bounds = job.bounds
        self._by_stream = by_stream
        self._window_s = inf, inf
        self._live: set[StreamReads] = set()
        self._cut_off: tuple[StreamReads, ...] = ()
        self._unparsed: deque[StreamReads] = deque()
        self._kept_bytes = 0
        self._tally = StreamTally()
        self._tally.between(*((-inf, inf) if by_stream else self._window_s))
        self.failed_answer: FailedAnswer | None = None

    def begin(self, reads: StreamReads) -> None:
        """Note that the first byte of a stream has come."""
        self._live.add(reads)

    def end(self, reads: StreamReads) -> None:
        """Note that a stream has ended."""
        self._live.discard(reads)

    def open(self, opened_s: float, closed_s: float) -> None:
        """Fix the window; its end may be open."""
        self._window_s = opened_s, closed_s
        if not self._by_stream:
            self._tally.between(opened_s, closed_s)

    def hold(self, ended: Iterable[StreamReads]) -> None:
        """Keep streams of the window that have ended, as far as there is room; parse the others."""
        for reads in ended:
            self._unparsed.append(reads)
            self._kept_bytes += reads.taken
        room = MOST_KEPT_BYTES - sum(reads.taken for reads in self._live)
        while self._unparsed and self._kept_bytes > room:
            reads = self._unparsed.popleft()
            self._kept_bytes -= reads.taken
            self._read(reads)
        if room < 0:
            for reads in self._live:
                self._read(reads)

    def close(self, closed_s: float) -> None:
        """Close the window: what has not ended by now is cut off, and what is read later does not count."""
        self.open(self._window_s[0], closed_s)
        self._cut_off = () if self._by_stream else tuple(self._live)

    def judge(self, reads: StreamReads, outcome: Outcome) -> Outcome:
        """Count a stream of the window that ended so, and return how it did with regard to its events."""
        if not reads.has_begun:
            return outcome
        reader = self._settle(reads)
        if outcome is Outcome.OK:
            reader.end()
        if outcome in CUT_SHORT or not reader.is_whole:
            self._tally.cut(reader.count)
        elif outcome is Outcome.OK:
            self._tally.complete(reader)
        if outcome is not Outcome.OK:
            return outcome
        if not reader.fault:
            if self._bounds is not None:
                self._tally.keep(reader, reads.from_s, self._bounds)
            return outcome
        if self.failed_answer is None:
            self.failed_answer = FailedAnswer(self._status[reads.call], b"", reads.call, reader.fault)
        return Outcome.WRONG_EVENTS

    def figures(self) -> StreamFigures:
        """Return the figures of all streams; call it once, after the last was judged."""
        for reads in self._cut_off:
            if reads.has_begun:
                self._settle(reads)
        return self._tally.figures()

    def _settle(self, reads: StreamReads) -> StreamReader:
        """Parse and count all that is left of a stream."""
        reader = self._read(reads)
        self._tally.open(reads.first_s)
        self._tally.finish(reader, reads.from_s)
        return reader

    def _read(self, reads: StreamReads) -> StreamReader:
        """Parse what is there of a stream, and count its events."""
        reader = reads.reader
        if reader is None:
            reader = reads.reader = StreamReader(self._expected[reads.call], reads.zero_s)
        parts = reads.take()
        if reads.has_begun and self._counts(reads):
            for part in parts:
                self._tally.add(reader.read(part))
        return reader

    def _counts(self, reads: StreamReads) -> bool:
        opened_s, closed_s = self._window_s
        return not self._by_stream or opened_s <= reads.from_s <= closed_s
