"""Calls to the IO backend, the same for every client library: the target and the failures."""

from __future__ import annotations

from stackduel_servers.core.errors import HttpError, retry_after

# More than one process of any stack can have in flight, so that no connection is closed early.
POOL_SIZE = 4096


def target(delay_s: float) -> str:
    """Return the request target that makes the backend wait for ``delay_s``; never with an exponent."""
    return f"/wait?delay={delay_s:.9f}"


def unreachable() -> HttpError:
    """Return the error when no connection could be made."""
    return HttpError(502, "downstream unreachable")


def refused(status: int) -> HttpError:
    """Return the error when the backend answered, but not with 200."""
    return HttpError(502, f"downstream answered with status {status}")


def full() -> HttpError:
    """Return the error when the backend has no room for another request."""
    return HttpError(503, "downstream is full", retry_after())


def garbled() -> HttpError:
    """Return the error when the backend's bytes were not a whole HTTP answer."""
    return HttpError(502, "downstream sent no valid answer")


def too_slow(allowance_s: float) -> HttpError:
    """Return the error when no answer came within the requested delay plus ``allowance_s``."""
    return HttpError(504, f"downstream too slow: no answer within delay + {allowance_s:g} s")
