"""The recorder of scheduled requests: it keeps more about each request than the hot path can afford."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stackduel.load.drivers.scheduled_connection import Kept, ScheduledRequest
from stackduel.load.job import Job
from stackduel.load.recording.recorder import CODES, OUTCOMES, Recorder
from stackduel.load.recording.shard_result import Tally
from stackduel.load.recording.spans import Spans
from stackduel.load.recording.streams import Streams
from stackduel.load.recording.timeline import Timeline
from stackduel.load.streams.stream_reads import StreamReads
from stackduel.model.histogram import Histogram, Seconds
from stackduel.model.measurement import CallCount, Outcome
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.suite import Load, OpenLoop

BoolArray = NDArray[np.bool_]

_OK, _TIMEOUT, _UNSENT = (CODES[outcome] for outcome in (Outcome.OK, Outcome.TIMEOUT, Outcome.UNSENT))


class RecordedDetails(NamedTuple):
    """The details recorded about each request besides its outcome and its latency."""

    labels: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    first_byte: bool = False
    server_timing: bool = False
    streams: Streams | None = None

    @staticmethod
    def of(job: Job, load: Load) -> RecordedDetails:
        """Return the details that a job wants."""
        streams = Streams(job, by_stream=isinstance(load, OpenLoop)) if job.streams else None
        return RecordedDetails(job.labels, job.groups, load.first_byte, load.server_timing, streams)

    @property
    def keeps(self) -> bool:
        """Whether something of each answer is kept."""
        return self.server_timing or self.streams is not None


class _Requests(NamedTuple):
    """Requests that ended: the moments of each in ``clock`` seconds, its outcome's code and its call's number."""

    intended_s: Seconds
    dispatched_s: Seconds
    sent_s: Seconds
    first_s: Seconds
    done_s: Seconds
    code: NDArray[np.uint8]
    call: NDArray[np.uint16]
    kept: NDArray[np.object_] | None

    def where(self, mask: BoolArray) -> _Requests:
        """Return the requests for which the mask is true."""
        return _Requests(
            self.intended_s[mask], self.dispatched_s[mask], self.sent_s[mask], self.first_s[mask], self.done_s[mask],
            self.code[mask], self.call[mask], None if self.kept is None else self.kept[mask],
        )  # fmt: skip


class RequestLog(Recorder):
    """The recorder of a closed loop of scheduled requests: also by call, with first bytes and servers' spans.

    The moment of its answer decides whether a request is counted. Its latency starts at its intended time, which in a
    closed loop is when it is sent.
    """

    def __init__(self, width_s: float, details: RecordedDetails = RecordedDetails()) -> None:  # noqa: B008  (a tuple: nobody can change it)
        super().__init__(width_s)
        self._width_s = width_s
        self._intended_s, self._dispatched_s, self._sent_s = (array("d") for _ in range(3))
        self._first_s, self._done_s = array("d"), array("d")
        self._code = array("B")
        self._call = array("H")
        self._kept: list[Kept] | None = [] if details.keeps else None
        self._calls = [CallCount(label, 0, 0, Histogram.empty()) for label in details.labels]
        # By the call's number, the one that it is counted as; where nobody says it, each is its own.
        self._groups = np.array(details.groups or range(len(details.labels)), np.uint16)
        self._first_byte = Histogram.empty() if details.first_byte else None
        self._spans = Spans() if details.server_timing else None
        self._streams = details.streams
        # The requests of streams, which count once their events are judged.
        self._held: list[_Requests] = []

    def begin(self, reads: StreamReads) -> None:
        """Note that the first byte of a stream has come."""
        if self._streams is not None:
            self._streams.begin(reads)

    def open(self, opened_s: float, closed_s: float = inf) -> None:
        """Set the window; earlier requests belong to the warm-up."""
        super().open(opened_s, closed_s)
        if self._streams is not None:
            self._streams.open(opened_s, closed_s)

    def close(self, closed_s: float, in_flight_since_s: Sequence[float]) -> None:
        """Close the window, with the moments at which the requests still unanswered were sent."""
        super().close(closed_s, in_flight_since_s)
        if self._streams is not None:
            self._streams.close(closed_s)

    def record(
        self,
        scheduled: ScheduledRequest,
        outcome: Outcome,
        sent_s: float,
        first_s: float,
        done_s: float,
        kept: Kept = None,
    ) -> None:
        """Record how a scheduled request ended; one that could not be sent counts as sent when it was given up."""
        self._intended_s.append(scheduled.intended_s)
        self._dispatched_s.append(scheduled.dispatched_s)
        self._sent_s.append(sent_s)
        self._first_s.append(first_s)
        self._done_s.append(done_s)
        self._code.append(CODES[outcome])
        self._call.append(scheduled.call.number)
        if self._kept is not None:
            self._kept.append(kept)
            if self._streams is not None and isinstance(kept, StreamReads):
                self._streams.end(kept)

    def fold(self) -> int:
        """Count all that was recorded since the last time; return how many requests the window holds so far."""
        requests = self._take()
        completed = self._place(requests.sent_s, requests.done_s)
        right = requests.code == _OK
        self._warm(requests.intended_s[right], requests.done_s[right])
        self.last_done_s = float(max(self.last_done_s, requests.done_s.max(initial=-inf)))
        counted = requests.where(self._counted(requests, completed))
        if self._streams is None:
            self._enter(counted)
        else:
            self._hold(counted, self._streams)
        return self.outcomes.total()

    def tally(self) -> Tally:
        """Return what was counted in the window; call it after ``close``."""
        streams = None if self._streams is None else self._judged(self._streams)
        spans = None if self._spans is None else self._spans.histograms()
        return replace(
            super().tally(), first_byte=self._first_byte, spans=spans, calls=tuple(self._calls), streams=streams
        )

    def _counted(self, requests: _Requests, completed: BoolArray) -> BoolArray:  # noqa: ARG002  (another loop looks at the requests)
        """Return which requests belong to the window."""
        return completed

    def _hold(self, requests: _Requests, streams: Streams) -> None:
        """Keep streams of the window, and count them for the time being as they ended."""
        right = requests.code == _OK
        self._held.append(requests)
        self._count(int(np.count_nonzero(right)), requests.code[~right])
        self._timeline.add(*self._times(requests, right))
        if requests.kept is not None:
            streams.hold(reads for reads in requests.kept if reads is not None)

    def _judged(self, streams: Streams) -> StreamFigures:
        """Count the streams that were kept as they are once their events are judged."""
        held, self._held = self._held, []
        self.outcomes.clear()
        self._timeline = Timeline(self._width_s)
        for requests in held:
            kept = requests.kept if requests.kept is not None else ()
            codes = [
                int(code) if reads is None else CODES[streams.judge(reads, OUTCOMES[code])]
                for reads, code in zip(kept, requests.code, strict=True)
            ]
            self._enter(requests._replace(code=np.array(codes, np.uint8)))
        self.failed_answer = self.failed_answer or streams.failed_answer
        return streams.figures()

    def _times(self, requests: _Requests, right: BoolArray) -> tuple[Seconds, NDArray[np.int64], Seconds]:
        """Return for the timeline when right answers came, their latencies, and when others ended."""
        done_s = np.minimum(requests.done_s, self._closed_s) - self.opened_s
        return done_s[right], _nanoseconds(requests.done_s - requests.intended_s)[right], done_s[~right]

    def _enter(self, requests: _Requests) -> None:
        """Count requests of the window."""
        right = requests.code == _OK
        latencies_ns = _nanoseconds(requests.done_s - requests.intended_s)
        self._count(int(np.count_nonzero(right)), requests.code[~right])
        self._timeline.add(*self._times(requests, right))
        if self._first_byte is not None:
            self._first_byte += Histogram.of(_nanoseconds((requests.first_s - requests.intended_s)[right]))
        if self._spans is not None and requests.kept is not None:
            self._spans.add((kept or b"" for kept in requests.kept[right]), latencies_ns[right])
        groups = self._groups[requests.call] if self._calls else requests.call
        for number, call in enumerate(self._calls):
            mine = groups == number
            self._calls[number] = CallCount(
                call.label,
                call.requests + int(np.count_nonzero(mine)),
                call.failed + int(np.count_nonzero(mine & ~right)),
                call.latency + Histogram.of(latencies_ns[mine & right]),
            )

    def _take(self) -> _Requests:
        """Return all that was recorded, and clear it."""
        taken = _Requests(
            np.array(self._intended_s), np.array(self._dispatched_s), np.array(self._sent_s), np.array(self._first_s),
            np.array(self._done_s), np.array(self._code), np.array(self._call),
            None if self._kept is None else np.array(self._kept, np.object_),
        )  # fmt: skip
        moments = (self._intended_s, self._dispatched_s, self._sent_s, self._first_s, self._done_s)
        for column in (*moments, self._code, self._call):
            del column[:]
        if self._kept is not None:
            self._kept.clear()
        return taken


class OpenRequestLog(RequestLog):
    """The recorder of an open loop: it counts requests scheduled within the window, whenever they completed.

    In the timeline, requests that completed after the window are in its last slice.
    """

    def __init__(self, width_s: float, details: RecordedDetails = RecordedDetails(), *, timeout_s: float) -> None:  # noqa: B008  (as above)
        super().__init__(width_s, details)
        self._timeout_s = timeout_s
        self._completed = 0
        self._censored = Histogram.empty()
        self._service = Histogram.empty()
        self._lateness = Histogram.empty()
        self._dispatch = Histogram.empty()

    def tally(self) -> Tally:
        """Return what was counted of the window's arrivals; call it after all of them have ended."""
        tally = super().tally()
        return replace(
            tally,
            completed=self._completed,
            cut_off=0,
            cut_off_s=0.0,
            latency=tally.latency + self._censored,
            service=self._service,
            lateness=self._lateness,
            dispatch=self._dispatch,
        )

    def _counted(self, requests: _Requests, completed: BoolArray) -> BoolArray:  # noqa: ARG002  (completed or not)
        # Both ends count: rounding may put the last of a schedule on the very end of its window.
        counted: BoolArray = (requests.intended_s >= self.opened_s) & (requests.intended_s <= self._closed_s)
        return counted

    def _enter(self, requests: _Requests) -> None:
        super()._enter(requests)
        right, unsent = requests.code == _OK, requests.code == _UNSENT
        self._completed += int(np.count_nonzero(right & (requests.done_s <= self._closed_s)))
        self._service += Histogram.of(_nanoseconds((requests.done_s - requests.sent_s)[right]))
        self._lateness += Histogram.of(_nanoseconds((requests.sent_s - requests.intended_s)[~unsent]))
        self._dispatch += Histogram.of(_nanoseconds(requests.dispatched_s - requests.intended_s))
        waited_s = (requests.done_s - requests.intended_s)[unsent | (requests.code == _TIMEOUT)]
        self._censored += Histogram.of(_nanoseconds(np.maximum(waited_s, self._timeout_s)))


def _nanoseconds(seconds: Seconds) -> NDArray[np.int64]:
    return np.rint(seconds * 1e9).astype(np.int64)
