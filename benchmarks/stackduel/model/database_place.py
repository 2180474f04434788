"""Where a PostgreSQL is, and who it lets in."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

DEFAULT_PORT = 5432
SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """The address of a database, the role that uses it, and its password, which is never shown."""

    host: str
    port: int
    user: str
    name: str
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The URL that drivers take, password included."""
        password = f":{quote(self.password, safe='')}" if self.password else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{quote(self.user, safe='')}{password}@{host}:{self.port}/{quote(self.name, safe='')}"


def place_of(url: str, password: str = "") -> DatabasePlace:
    """Return the place that ``postgresql://USER@HOST:PORT/NAME`` names; raises ValueError with what is wrong."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        raise ValueError("must be postgresql://USER@HOST:PORT/NAME") from None
    if parts.password is not None:
        raise ValueError("must hold no password, which other users and results could show: put it into PGPASSWORD")
    name = unquote(parts.path.removeprefix("/"))
    whole = parts.scheme in SCHEMES and parts.hostname and parts.username and name
    if not whole or "/" in name or parts.query or parts.fragment:
        raise ValueError("must be postgresql://USER@HOST:PORT/NAME and nothing more")
    return DatabasePlace(parts.hostname or "", port, unquote(parts.username or ""), name, password)
