"""The servers that tune tries, and what pip has to install for each where the user's interpreter lacks it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackduel.model.application import Application, Interface
from stackduel_servers.supported import SERVERS

# The name of a distribution at the beginning of a requirement.
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRAS = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class WantedServer:
    """A server, or worker classes of it, that are of use only together with all of their packages.

    ``requirements`` are what pip installs; their lower bounds are the oldest versions that take the options which tune
    writes. ``program`` is the console script that starts the server, ``modules`` what must be importable then.
    """

    server: str
    worker_classes: tuple[str, ...]
    requirements: tuple[str, ...]
    program: str
    modules: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of its folder: ``gunicorn-gevent``."""
        return "-".join((self.server, *self.worker_classes))

    @property
    def title(self) -> str:
        """Its name in sentences: ``Gunicorn (gevent)``."""
        title = SERVERS[self.server].title
        return f"{title} ({', '.join(self.worker_classes)})" if self.worker_classes else title


WANTED: Mapping[Interface, tuple[WantedServer, ...]] = {
    "wsgi": (
        WantedServer(
            "gunicorn",
            ("sync", "gthread"),
            ("gunicorn>=20.1",),
            "gunicorn",
            ("gunicorn.workers.sync", "gunicorn.workers.gthread"),
        ),
        # This worker class imports packaging, which Gunicorn itself no longer needs.
        WantedServer(
            "gunicorn",
            ("gevent",),
            ("gunicorn>=20.1", "gevent>=24.10.1", "packaging"),
            "gunicorn",
            ("gunicorn.workers.ggevent",),
        ),
        WantedServer("granian", (), ("granian>=2",), "granian", ("granian.cli",)),
        WantedServer("waitress", (), ("waitress>=2.1",), "waitress-serve", ("waitress.runner",)),
    ),
    "asgi": (
        # Without the packages of this extra it runs on the event loop and the parser of the standard library.
        WantedServer("uvicorn", (), ("uvicorn[standard]>=0.20",), "uvicorn", ("uvicorn.main",)),
        WantedServer("hypercorn", (), ("hypercorn>=0.14",), "hypercorn", ("hypercorn.run",)),
        WantedServer("granian", (), ("granian>=2",), "granian", ("granian.cli",)),
        WantedServer("gunicorn", ("asgi",), ("gunicorn>=24",), "gunicorn", ("gunicorn.workers.gasgi",)),
    ),
}


def missing_servers(application: Application, platform: str = sys.platform) -> tuple[WantedServer, ...]:
    """Return the servers that tune would try, and that the application's interpreter cannot import."""
    return tuple(_missing(application, platform))


def _missing(application: Application, platform: str) -> Iterator[WantedServer]:
    for wanted in WANTED[application.interface]:
        found = application.servers.get(wanted.server)
        is_there = found is not None and set(wanted.worker_classes) <= set(found.worker_classes)
        # Gunicorn does not exist on Windows.
        if not is_there and (wanted.server, platform) != ("gunicorn", "win32"):
            yield wanted


def distribution_of(requirement: str) -> str:
    """Return the name of the distribution that a requirement asks for."""
    match = _NAME.match(requirement)
    return match[0] if match else requirement


def extras_of(requirement: str) -> str:
    """Return the extras of a requirement with their brackets; nothing without any."""
    match = _EXTRAS.search(requirement)
    return match[0] if match else ""
