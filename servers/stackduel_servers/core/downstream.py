"""What calling the IO backend means, whatever client library makes the call: its target and its failures."""

from __future__ import annotations

from stackduel_servers.core.errors import HttpError

# More than any stack can have under way at once in one process, so that no connection is thrown away.
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


def garbled() -> HttpError:
    """Return the error when what came back was no whole HTTP answer."""
    return HttpError(502, "downstream sent no valid answer")


def too_slow(allowance_s: float) -> HttpError:
    """Return the error when no answer came within the delay asked for and ``allowance_s`` more."""
    return HttpError(504, f"downstream too slow: no answer within delay + {allowance_s:g} s")
