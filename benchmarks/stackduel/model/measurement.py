"""The result of a load: counts by outcome, latencies, a timeline, and the generator's own use of CPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from stackduel.model.expected_content import ExpectedContent
from stackduel.model.histogram import Histogram
from stackduel.model.model_output import Numbers
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.suite import Check


class Outcome(StrEnum):
    """How a request ended; ``meaning`` says it in a sentence."""

    meaning: str

    OK = "ok", "The right answer came."
    STATUS = "status", "A complete answer came, with another status than expected."
    WRONG_LENGTH = "wrong-length", "The status was right, and the body longer or shorter than expected."
    WRONG_BODY = "wrong-body", "The body had the right length and other bytes, or other numbers, than expected."
    WRONG_EVENTS = (
        "wrong-events",
        "The status was right, and the stream's events were not those expected: too few, missing, doubled, or others.",
    )
    TIMEOUT = "timeout", "No complete answer came within the client's timeout."
    REFUSED = "refused", "No connection could be opened."
    RESET = "reset", "The server closed a new connection before the first byte of an answer."
    DROPPED = (
        "dropped",
        "The server closed a connection in use before the first byte of an answer, as a worker does that is recycled.",
    )
    TRUNCATED = "truncated", "The server closed the connection in the middle of an answer."
    PROTOCOL = "protocol", "What came was no HTTP answer, or not one to this request."
    CLOSED = "closed", "The server closed the WebSocket in place of an answer, or before the end of a stream."
    TOO_LARGE = "too-large", "The answer's head or body went over the client's limit."
    UNSENT = "unsent", "No connection was free for it before the client's timeout, counted from when it was to be sent."

    def __new__(cls, value: str, meaning: str = "") -> Outcome:  # noqa: D102  (nobody calls it by name)
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


@dataclass(frozen=True, slots=True)
class Expectation:
    """The right answer: its status, and unless None the length and the bytes of its body.

    With ``numbers`` other bytes are right, too, if the numbers in them are, and with ``content`` if they say the same.
    """

    status: int
    length: int | None = None
    body: bytes | None = None
    numbers: Numbers | None = None
    content: ExpectedContent | None = None

    @staticmethod
    def of(status: int, body: bytes, check: Check) -> Expectation:
        """Return what ``check`` requires of every answer, given a verified one."""
        return Expectation(
            status=status,
            length=None if check == "status" else len(body),
            body=body if check == "body" else None,
        )

    def judge(self, *, status: int, length: int, same: bool) -> Outcome:
        """Return the outcome of a complete answer; ``same`` says whether its bytes were the expected ones."""
        if status != self.status:
            return Outcome.STATUS
        if self.length is not None and length != self.length:
            return Outcome.WRONG_LENGTH
        return Outcome.OK if same else Outcome.WRONG_BODY


@dataclass(frozen=True, slots=True)
class FailedAnswer:
    """A complete answer that was not the right one: its status, and the beginning of its body.

    ``call`` is the number of its call in the job; ``difference`` tells where it differs from the verified answer.
    """

    MOST_BYTES: ClassVar[int] = 256 * 1024

    status: int
    beginning: bytes
    call: int = 0
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """One slice of the timeline: ``width_s`` from ``t_s`` after the opening on (the last one: what is left).

    ``requests`` and ``failed`` completed in it; the percentiles are those of its successes, None where these are
    too few to tell.
    """

    t_s: float
    width_s: float
    requests: int
    failed: int
    p50_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Warmup:
    """The warm-up: requests completed before the window opened, which are not counted, and its length.

    ``stable`` says whether three windows in a row agreed in the end, and is None where nobody asked.
    """

    requests: int
    duration_s: float
    stable: bool | None = None


@dataclass(frozen=True, slots=True)
class CallCount:
    """The result of one of a load's several calls: its requests, and the latencies of the right answers."""

    label: str
    requests: int
    failed: int
    latency: Histogram


@dataclass(frozen=True, slots=True)
class Victim:
    """The answers of an endpoint requested ten times a second beside the load; latencies count from the intended time.

    A request still unanswered soon after the window closed is in ``latency`` with the time that it had waited by then;
    ``failed`` are those refused, dropped or answered wrongly, ``resent`` those sent again on a new
    connection, None in runs that did not count them.
    """

    label: str
    requests: int
    failed: int
    latency: Histogram
    resent: int | None = None


@dataclass(frozen=True, slots=True)
class GeneratorUse:
    """The load generator, and its use of CPU while the window was open.

    ``cpu_s`` is the CPU time of all ``shards`` (worker processes) and ``busiest`` the share of one core that the
    busiest of them took. ``cores`` are the CPUs that they could run on, empty where the system does not tell;
    ``pinned`` says that each was bound to one of them.
    """

    driver: str
    shards: int
    cpu_s: float
    busiest: float
    cores: tuple[int, ...]
    pinned: bool
    loop: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """The complete result of a load's window.

    ``requests`` is ``succeeded + failed``, and the sum of ``outcomes``, by the values of ``Outcome``.

    In a closed loop these are the requests that completed while the window was open, whenever they were sent. What was
    in flight when it closed is in ``cut_off`` and nowhere else; ``cut_off_s`` is the time they had been waiting within
    the window, all together. ``latency`` holds successes only and is service time: from sending, or from opening the
    connection where that came first, to the answer's last byte. ``scheduled``, ``service``, ``lateness`` and
    ``dispatch`` are None.

    In an open loop these are the requests planned for the time of the window, ``scheduled`` of them, whenever they
    completed; ``completed`` did so before it closed, rightly. ``latency`` counts from the planned time and holds,
    besides the successes, those that timed out or could not be sent, at no less than the timeout. ``service`` is that
    of the successes from sending, ``lateness`` how much later than planned each request was sent, and ``dispatch`` the
    generator's part of that: until it began each request; maybe no connection was free yet. Nothing is cut off, and
    what completed after the close stands in the last window of the timeline.

    ``resent`` requests were sent a second time, on a new connection: the server had closed theirs, which had been idle
    for so long that it may have been closed for that.

    ``drained`` says whether the server had answered everything soon after the window closed: one that had not is still
    busy with it. ``first_byte`` is None unless asked for: from the same moment as ``latency`` to the first byte of each
    right answer. ``spans`` is None unless asked for: of the right answers, where the time went as their servers report
    it, by the names in their ``Server-Timing``, and as ``total`` their ``X-Process-Time``; ``outside`` is what of their
    latency lay before and after that. ``calls`` has an entry for each call of a load of several, ``in_flight_mean`` is
    the mean number of unanswered requests over the window, from their sending on, those cut off included.
    ``failed_answer`` is one answer of those that were not right, while the run goes on; it is stored nowhere.
    ``streams`` is what was seen of the answers' events, None where the answers are no event streams.
    """

    requests: int
    succeeded: int
    failed: int
    cut_off: int
    cut_off_s: float
    outcomes: Mapping[str, int]
    duration_s: float
    latency: Histogram
    service: Histogram | None
    lateness: Histogram | None
    dispatch: Histogram | None
    first_byte: Histogram | None
    spans: Mapping[str, Histogram] | None
    calls: tuple[CallCount, ...]
    victim: Victim | None
    scheduled: int | None
    completed: int
    timeline: tuple[Window, ...]
    reconnects: int
    resent: int
    drained: bool
    in_flight_mean: float
    warmup: Warmup
    generator: GeneratorUse
    failed_answer: FailedAnswer | None = None
    streams: StreamFigures | None = None
