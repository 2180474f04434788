"""The errors of a database that a client can see, the same for every driver."""

from __future__ import annotations

from stackduel_servers.core.errors import BUSY_RETRY_S, HttpError


def unreachable() -> HttpError:
    """Return the error when no connection could be made, or one was lost."""
    return HttpError(503, "database unreachable", (("Retry-After", str(BUSY_RETRY_S)),))


def busy(waited_s: float) -> HttpError:
    """Return the error when the pool had no connection to give."""
    sentence = f"database busy: no connection within {waited_s:g} s"
    return HttpError(503, sentence, (("Retry-After", str(BUSY_RETRY_S)),))


def too_slow(allowed_s: float) -> HttpError:
    """Return the error when a statement did not end in time."""
    return HttpError(504, f"database too slow: no answer within {allowed_s:g} s")
