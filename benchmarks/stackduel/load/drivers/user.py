"""A virtual user: a full client of any protocol, with its own connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from math import inf, nan

from stackduel.load.clock import clock
from stackduel.load.drivers.scheduled_connection import RecordRequest, ScheduledRequest
from stackduel.load.job import Job
from stackduel.model.measurement import FailedAnswer, Outcome


class User(ABC):
    """A virtual user that sends one scheduled request at a time; subclasses implement the protocol.

    ``scheduled`` is the request in flight, and ``sent_s`` the moment from which it counts, infinite when there is none.
    ``made`` counts connections, ``resent`` requests that were sent again;
    ``failed_answer`` is one of those that were not right. While it sends, a subclass keeps the moment
    of the first byte in ``_first_s``, and the timing headers in ``_timings`` if the load wants them; ``_idle_since_s``
    is the moment at which the request before ended.
    """

    def __init__(self, job: Job, record: RecordRequest) -> None:
        self.sent_s = inf
        self.scheduled: ScheduledRequest | None = None
        self.made = 0
        self.resent = 0
        self.failed_answer: FailedAnswer | None = None
        self._job = job
        self._record_request = record
        self._idle_since_s = inf
        self._first_s = nan
        self._timings = b""

    async def send(self, scheduled: ScheduledRequest, sent_s: float) -> Outcome:
        """Send a request, counting its time from ``sent_s``, and record its outcome unless it was given up."""
        self.scheduled, self.sent_s, self._first_s, self._timings = scheduled, sent_s, nan, b""
        outcome = await self._request(scheduled)
        if self.scheduled is not None:
            self.scheduled, self.sent_s = None, inf
            self._idle_since_s = clock()
            self._record_request(scheduled, outcome, sent_s, self._first_s, self._idle_since_s, self._timings)
        return outcome

    def give_up(self) -> None:
        """Record the request in flight as timed out, and put an end to it."""
        scheduled, self.scheduled = self.scheduled, None
        if scheduled is not None:
            self._record_request(scheduled, Outcome.TIMEOUT, self.sent_s, nan, clock(), b"")
            self.sent_s = inf
            self._abort()

    @abstractmethod
    async def close(self) -> None:
        """Close the connection; a request in flight is not recorded."""

    @abstractmethod
    async def _request(self, scheduled: ScheduledRequest) -> Outcome:
        """Send a scheduled request and return how it ended, within the job's timeout."""

    @abstractmethod
    def _abort(self) -> None:
        """End the request in flight at once."""


def in_flight_since(users: Iterable[User]) -> list[float]:
    """Return when each unanswered request of some users was sent, in ``clock`` seconds."""
    return [user.sent_s for user in users if user.sent_s < inf]


MakeUser = Callable[[Job, RecordRequest], User]
