"""The time that the start of an answer states: in its headers, and in a line of the log if it was slow."""

from __future__ import annotations

import logging

from stackduel_servers.core.edge_settings import EdgeSettings
from stackduel_servers.core.timing import Timing

log = logging.getLogger(__name__)


def begin_timing(settings: EdgeSettings) -> Timing | None:
    """Return the clock of a request that begins now; None where neither a header nor the log needs it."""
    return Timing() if settings.timed or settings.slow_ms else None


def headers_of(timing: Timing | None, settings: EdgeSettings, method: str, path: str) -> list[tuple[str, str]]:
    """Return the headers of an answer that starts now, and log the request if it took ``slow_ms`` or longer.

    The log names no query, which may hold secrets, and shows the path with its control characters escaped.
    """
    if timing is None:
        return []
    if settings.slow_ms and (took_ms := timing.elapsed_ms()) >= settings.slow_ms:
        log.warning("slow request: %s %r took %.1f ms, %g ms or more", method, path, took_ms, settings.slow_ms)
    return timing.headers() if settings.timed else []
