"""Limits of one worker: the size of a body, and how many requests may be in its application at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stackduel_servers.core.variables import integer

BODY_VARIABLE = "MAX_BODY_BYTES"
CONCURRENCY_VARIABLE = "CONCURRENCY_LIMIT"
DEFAULT_BODY_BYTES = 50_000_000
# Waitress reads bodies of up to 1 GiB before any application hears of them, and refuses longer ones itself.
MAX_BODY_BYTES = 1_000_000_000
MAX_CONCURRENCY = 100_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one worker; ``concurrency`` is None where any number of requests may be in the application."""

    body_bytes: int = DEFAULT_BODY_BYTES
    concurrency: int | None = None


def read_limits(environ: Mapping[str, str]) -> Limits:
    """Read the limits; raises SettingsError that names the variable and its bounds. 0 requests at once are no limit."""
    return Limits(
        body_bytes=integer(environ, BODY_VARIABLE, 1, MAX_BODY_BYTES) or DEFAULT_BODY_BYTES,
        concurrency=integer(environ, CONCURRENCY_VARIABLE, 0, MAX_CONCURRENCY) or None,
    )


@cache
def limits() -> Limits:
    """Return the limits of this process, read from its environment once: they are the same for every application."""
    return read_limits(os.environ)
