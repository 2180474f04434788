"""The errors of a database that a client can see, the same for every driver."""

from __future__ import annotations

from stackduel_servers.core.errors import BUSY_RETRY_S, HttpError


class ConflictError(Exception):
    """A transaction that was rolled back, as another one has changed what it read; it may be tried again."""


def unreachable() -> HttpError:
    """Return the error when no connection could be made, or one was lost."""
    return HttpError(503, "database unreachable", (("Retry-After", str(BUSY_RETRY_S)),))


def busy(waited_s: float) -> HttpError:
    """Return the error when the pool had no connection to give."""
    sentence = f"database busy: no connection within {waited_s:g} s"
    return HttpError(503, sentence, (("Retry-After", str(BUSY_RETRY_S)),))


def conflicting(tried_s: float) -> HttpError:
    """Return the error when others were always faster to change what an order read; nothing of it was kept."""
    sentence = f"database busy: the order conflicted with others for {tried_s:g} s"
    return HttpError(503, sentence, (("Retry-After", str(BUSY_RETRY_S)),))


def too_slow(allowed_s: float) -> HttpError:
    """Return the error when a statement did not end in time."""
    return HttpError(504, f"database too slow: no answer within {allowed_s:g} s")
