"""What a running service was told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from servers.core.environment import SettingsError, integer, number

DEFAULT_DOWNSTREAM_URL = "http://127.0.0.1:8009"
DEFAULT_DOWNSTREAM_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """A service's settings; those after ``downstream_timeout_s`` are for ``/health`` to tell and may be unknown.

    ``downstream_timeout_s`` is what a downstream call may take beyond the delay it was asked for.
    """

    downstream_url: str = DEFAULT_DOWNSTREAM_URL
    downstream_timeout_s: float = DEFAULT_DOWNSTREAM_TIMEOUT_S
    stack: str | None = None
    framework: str | None = None
    server: str | None = None
    workers: int | None = None
    threads: int | None = None
    loop: str | None = None
    cpus: float | None = None
    device: str | None = None
    device_note: str | None = None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raises SettingsError. The names that start with STACKDUEL_ are set by servers.serve."""
    return Settings(
        downstream_url=_downstream_url(environ),
        downstream_timeout_s=number(environ, "DOWNSTREAM_TIMEOUT_S", 0.01, 3600) or DEFAULT_DOWNSTREAM_TIMEOUT_S,
        stack=environ.get("STACKDUEL_STACK"),
        framework=environ.get("STACKDUEL_FRAMEWORK"),
        server=environ.get("STACKDUEL_SERVER"),
        device=environ.get("STACKDUEL_DEVICE"),
        device_note=environ.get("STACKDUEL_DEVICE_NOTE"),
        workers=integer(environ, "STACKDUEL_WORKERS", 1, 100_000),
        threads=integer(environ, "STACKDUEL_THREADS", 1, 100_000),
        loop=environ.get("STACKDUEL_LOOP"),
        cpus=number(environ, "STACKDUEL_CPUS", 0, 100_000),
    )


def _downstream_url(environ: Mapping[str, str]) -> str:
    url = environ.get("DOWNSTREAM_URL") or DEFAULT_DOWNSTREAM_URL
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "http" and parts.hostname and parts.port and not parts.username
    except ValueError:
        plain = False
    if not plain or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise SettingsError(f"DOWNSTREAM_URL must be http://HOST:PORT and nothing more, not {url!r}")
    return url.rstrip("/")
