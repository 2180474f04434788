"""Records each request: two appends on the hot path, everything else in batches."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stackduel.load.recording.shard_result import Tally
from stackduel.load.recording.timeline import Timeline
from stackduel.model.histogram import Seconds
from stackduel.model.measurement import FailedAnswer, Outcome

# Batches too small for their time to be seen.
FOLD_EVERY_S = 0.1

OUTCOMES = tuple(Outcome)
CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}


class _Log(NamedTuple):
    """Requests that were answered and not yet folded: when each was sent and done, both in ``clock`` seconds."""

    sent_s: array[float]
    done_s: array[float]

    def take(self) -> tuple[Seconds, Seconds]:
        """Return all entries and clear them; the arrays stay the same objects, as others hold their ``append``."""
        taken = np.array(self.sent_s), np.array(self.done_s)
        del self.sent_s[:]
        del self.done_s[:]
        return taken


class Recorder:
    """Counts requests by whether they completed before, in or after the window.

    Moments are seconds of one monotonic clock. The hot path only appends; ``fold`` counts, and bounds the memory to
    what completes between two calls.
    """

    def __init__(self, width_s: float) -> None:
        self.opened_s = inf
        self._closed_s = inf
        self._answers = _Log(array("d"), array("d"))
        self._failures = _Log(array("d"), array("d"))
        self._codes = array("B")
        self._timeline = Timeline(width_s)
        self.outcomes: Counter[str] = Counter()
        self.warmup_requests = 0
        self.warmup_answers = 0
        self.warmup_latency_s = 0.0
        self.cut_off = 0
        self.in_flight_s = 0.0
        self.cut_off_s = 0.0
        self.last_done_s = -inf
        self.failed_answer: FailedAnswer | None = None

    @property
    def appends(self) -> tuple[Callable[[float], None], Callable[[float], None]]:
        """Return what the hot path calls with the moments at which a right answer's request was sent, and done."""
        return self._answers.sent_s.append, self._answers.done_s.append

    def fail(self, outcome: Outcome, sent_s: float, done_s: float) -> None:
        """Record a request that did not get the right answer."""
        self._failures.sent_s.append(sent_s)
        self._failures.done_s.append(done_s)
        self._codes.append(CODES[outcome])

    def keep_answer(self, status: int, beginning: bytes, call: int) -> None:
        """Keep an answer that was not the right one, as a sample; the first one is enough."""
        if self.failed_answer is None:
            self.failed_answer = FailedAnswer(status, bytes(beginning[: FailedAnswer.MOST_BYTES]), call)

    def open(self, opened_s: float, closed_s: float = inf) -> None:
        """Set the window; earlier requests belong to the warm-up."""
        self.opened_s, self._closed_s = opened_s, closed_s

    def fold(self) -> int:
        """Count what was recorded since the last call; return how many requests the window holds so far."""
        sent_s, done_s = self._answers.take()
        inside = self._place(sent_s, done_s)
        self._warm(sent_s, done_s)
        latest_s = done_s.max(initial=-inf)
        latencies_ns = np.rint((done_s - sent_s)[inside] * 1e9).astype(np.int64)
        succeeded_s = done_s[inside] - self.opened_s
        sent_s, done_s = self._failures.take()
        codes = np.array(self._codes)
        del self._codes[:]
        inside = self._place(sent_s, done_s)
        self.last_done_s = float(max(self.last_done_s, latest_s, done_s.max(initial=-inf)))
        self._count(latencies_ns.size, codes[inside])
        self._timeline.add(succeeded_s, latencies_ns, done_s[inside] - self.opened_s)
        return self.outcomes.total()

    def recent_ms(self) -> float | None:
        """The median latency of the right answers in the last few folds; None where there are none."""
        return self._timeline.recent_ms()

    def close(self, closed_s: float, in_flight_since_s: Sequence[float]) -> None:
        """Close the window, with the moments at which the requests still unanswered were sent.

        What is recorded later is ignored.
        """
        self._closed_s = closed_s
        self.fold()
        self._place(np.array(in_flight_since_s), np.full(len(in_flight_since_s), inf))

    def tally(self) -> Tally:
        """Return what was counted in the window; call it after ``close``."""
        return Tally(
            outcomes=self.outcomes,
            completed=self.outcomes[Outcome.OK],
            cut_off=self.cut_off,
            cut_off_s=self.cut_off_s,
            in_flight_s=self.in_flight_s,
            latency=self._timeline.latency(),
            service=None,
            lateness=None,
            dispatch=None,
            first_byte=None,
            spans=None,
            calls=(),
            timeline=self._timeline.slices(self._closed_s - self.opened_s),
        )

    def _place(self, sent_s: Seconds, done_s: Seconds) -> NDArray[np.bool_]:
        """Return which requests completed in the window, and add up the time that all were in flight in it."""
        if not sent_s.size:
            return np.zeros(0, np.bool_)
        spent_s = np.maximum(0.0, np.minimum(done_s, self._closed_s) - np.maximum(sent_s, self.opened_s))
        self.in_flight_s += float(spent_s.sum())
        self.warmup_requests += int(np.count_nonzero(done_s < self.opened_s))
        # Also what was answered after the close, but before that was noticed.
        cut_off = (done_s > self._closed_s) & (sent_s < self._closed_s)
        self.cut_off += int(np.count_nonzero(cut_off))
        self.cut_off_s += float(spent_s[cut_off].sum())
        inside: NDArray[np.bool_] = (done_s >= self.opened_s) & (done_s <= self._closed_s)
        return inside

    def _warm(self, since_s: Seconds, done_s: Seconds) -> None:
        """Count right answers that came before the window."""
        before = done_s < self.opened_s
        self.warmup_answers += int(np.count_nonzero(before))
        self.warmup_latency_s += float((done_s - since_s)[before].sum())

    def _count(self, succeeded: int, codes: NDArray[np.uint8]) -> None:
        if succeeded:
            self.outcomes[Outcome.OK] += succeeded
        for code, count in enumerate(np.bincount(codes).tolist()):
            if count:
                self.outcomes[OUTCOMES[code]] += count
