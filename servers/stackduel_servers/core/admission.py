"""The places of one worker: how many requests may be in its application at once."""

from __future__ import annotations

from threading import Lock

from stackduel_servers.core.answer_end import AnswerEnd
from stackduel_servers.core.errors import HttpError, busy

# What watches a service must be answered most of all when it is full.
EXEMPT = ("/health", "/metrics")


class Admission:
    """Gives each request a place in the application, at most ``limit`` at once; any number where it is None."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._taken = 0
        # Threads take places at the same time.
        self._turn = Lock()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken

    def admit(self, path: str) -> tuple[AdmittedRequest | None, HttpError | None]:
        """Return the place of a request to this path, None if it needs none; and its refusal if all are taken."""
        if self._limit is None or path in EXEMPT:
            return None, None
        with self._turn:
            if self._taken >= self._limit:
                return None, busy(self._limit)
            self._taken += 1
        return AdmittedRequest(self), None

    def give_back(self) -> None:
        """Give a place back; only an AdmittedRequest does so."""
        with self._turn:
            self._taken -= 1


class AdmittedRequest(AnswerEnd):
    """The place of one admitted request, given back at the end of its answer."""

    __slots__ = ("_admission",)

    def __init__(self, admission: Admission) -> None:
        super().__init__()
        self._admission = admission

    def ended(self) -> None:
        """Give the place back."""
        self._admission.give_back()
