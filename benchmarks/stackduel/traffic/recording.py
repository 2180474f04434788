"""A recording: requests without secrets, the routes that they make, and when most of them came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Answers to ranges and to conditions, which a suite does not send.
_WHOLE = {206: 200, 304: 200}
# What RFC 9110, section 9.2.1, calls safe, and a suite can send: asked again and again, it changes nothing.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request without what is secret or personal, and the status of its answer."""

    method: str
    target: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Requests of one method whose paths differ only at the places of ``pattern``, such as ``/users/{int}?page``.

    ``requests`` is how many there were, ``statuses`` how many of them were answered with each status. ``examples`` are
    the commonest that got an answer, each with its number. There were ``values`` different ones, or more if they are
    ``uncounted``. ``withheld`` says why the route cannot be asked; it is empty where it can.
    """

    method: str
    pattern: str
    requests: int
    statuses: Mapping[int, int]
    examples: tuple[tuple[RecordedRequest, int], ...]
    values: int
    uncounted: bool = False
    withheld: str = ""

    @property
    def label(self) -> str:
        """The route as tables show it: ``GET /users/{int}``."""
        return f"{self.method} {self.pattern}"


@dataclass(frozen=True, slots=True)
class BusiestMinutes:
    """The window with the most requests: it began at ``start_s`` (since 1970) and lasted ``seconds``.

    ``dispersion`` is the index of dispersion of the requests a second, None where there are too few to say;
    ``is_poisson`` says whether it is what a Poisson process has.
    """

    start_s: int
    seconds: int
    requests: int
    dispersion: float | None
    is_poisson: bool

    @property
    def rate_rps(self) -> float:
        """The mean rate of the window."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class UnreadLines:
    """Entries that could not be read: how often for each reason, and the first few as they may be shown."""

    reasons: Mapping[str, int]
    samples: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many there were in all."""
        return sum(self.reasons.values())


@dataclass(frozen=True, slots=True)
class Recording:
    """All that a source tells: its ``routes``, the most frequent first, and how it was read.

    ``requests`` were read, those of every method included; ``methods`` says how many had each one that is not asked.
    ``dropped`` counts what was left out of requests, by name. ``notes`` are sentences for the reader. What
    ``is_described``, as by an OpenAPI document, was not recorded: all routes have the same number of requests.
    """

    source: str
    requests: int
    routes: tuple[Route, ...]
    methods: Mapping[str, int]
    dropped: Mapping[str, int]
    unread: UnreadLines
    busiest: BusiestMinutes | None = None
    first_s: int | None = None
    last_s: int | None = None
    notes: tuple[str, ...] = ()
    is_described: bool = False


def whole_status(status: int) -> int:
    """Return the status that the same request has without a range and without conditions."""
    return _WHOLE.get(status, status)
