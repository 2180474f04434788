"""Django's settings of a database, from its URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from stackduel_servers.core.settings import Settings


def database_of(settings: Settings) -> dict[str, Any]:
    """Return the entry of Django's ``DATABASES``: psycopg's pool, or a connection for each request."""
    parts = urlsplit(settings.database_url)
    options: dict[str, Any] = {"options": f"-c statement_timeout={settings.database_timeout_s * 1000:.0f}"}
    if settings.pools_database:
        size = settings.pool_of_worker
        options["pool"] = {"min_size": size, "max_size": size, "timeout": settings.database_timeout_s}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "OPTIONS": options,
    }
