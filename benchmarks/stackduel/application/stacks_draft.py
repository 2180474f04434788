"""A draft of a stacks file for an application: its command, and a request for each of its routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from stackduel.application.found_application import FoundApplication
from stackduel.model.application import Application, ApplicationRoute
from stackduel.model.placeholders import PLACEHOLDER

MOST_NAME = 50
# More would hide those that matter, and each is asked.
MOST_LISTED = 150
# Kept as they are in a path: what RFC 3986 allows there, and the braces of a parameter.
SAFE = "/{}?&=:@!$'()*+,;-._~%"
# What says that a service is well says little of its speed.
PROBES = re.compile(r"/(health|healthz|health-?check|livez?|liveness|ready|readyz|readiness|ping|metrics|status)/?")
OF_FRAMEWORK = "a page of the framework's own"
ROOT = ApplicationRoute("/", ("GET",))


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """A request to a route; ``off`` says why it is a comment, and is empty for one that is measured.

    ``note`` says what it answered. ``of_framework`` is that of its route.
    """

    name: str
    path: str
    method: str = "GET"
    headers: tuple[str, ...] = ()
    status: int = 200
    off: str = ""
    note: str = ""
    of_framework: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """The parts that the user must fill in: parameters as ``{name}``, and headers."""
        return (*(f"{{{name}}}" for name in PLACEHOLDER.findall(self.path)), *(f"the header {h}" for h in self.headers))

    @property
    def label(self) -> str:
        """Its method and path."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class StacksDraft:
    """The application with its command, the requests, and how many more routes than are listed there are."""

    found: FoundApplication
    requests: tuple[DraftRequest, ...] = field(default=())
    unlisted: int = 0

    @property
    def asked(self) -> tuple[DraftRequest, ...]:
        """The requests that are no comments."""
        return tuple(each for each in self.requests if not each.off)

    def with_requests(self, requests: Iterable[DraftRequest]) -> StacksDraft:
        """Return the draft with other requests."""
        return replace(self, requests=tuple(requests))


def draft_of(found: FoundApplication) -> StacksDraft:
    """Return the draft with a request for each method of each route, of unknown routes with one to ``/`` alone."""
    requests = [*_requests(found.application)]
    return StacksDraft(found, tuple(requests[:MOST_LISTED]), max(0, len(requests) - MOST_LISTED))


def with_most(requests: Sequence[DraftRequest], most: int) -> tuple[DraftRequest, ...]:
    """Return the requests with at most so many that are measured: first those that answer without a redirect.

    Pages of the framework's are measured only where nothing else is. The others become comments that say so.
    """
    kept = [each for each in requests if not each.off]
    own = [each for each in kept if not each.of_framework]
    measured = {each.name for each in sorted(own or kept, key=_rank)[:most]}
    why = f"left out, as only {most} are measured: each takes its share of a run's time"
    return tuple(
        each if each.off or each.name in measured else replace(each, off=OF_FRAMEWORK if each.of_framework else why)
        for each in requests
    )


def _rank(request: DraftRequest) -> tuple[bool, bool]:
    return request.status >= 300, PROBES.fullmatch(request.path) is not None


def _requests(application: Application) -> Iterator[DraftRequest]:
    """Yield a request for each method of the user's own routes, and for the framework's pages that need nothing.

    Those pages are off unless there is nothing else to ask.
    """
    own = [route for route in application.routes if not route.of_framework]
    pages = [replace(each, methods=("GET",)) for each in application.routes if each.of_framework and _is_plain(each)]
    if not any(map(_is_plain, own)):
        own.insert(0, ROOT)
    has_own = any(_is_plain(each) and each != ROOT for each in own)
    taken: set[str] = set()
    for route in (*own, *pages):
        for method in route.methods:
            path = quote(route.path if route.path.startswith("/") else f"/{route.path}", safe=SAFE)
            name = _free(_name_of(method, path), taken)
            taken.add(name)
            request = DraftRequest(name, path, method, route.headers, of_framework=route.of_framework)
            yield replace(request, off=OF_FRAMEWORK if route.of_framework and has_own else _why_off(request))


def _is_plain(route: ApplicationRoute) -> bool:
    """Return whether a route can be asked with GET as it is."""
    return "GET" in route.methods and not route.headers and "{" not in route.path


def _why_off(request: DraftRequest) -> str:
    why = [f"fill in {' and '.join(request.needs)}"] if request.needs else []
    if request.method != "GET":
        why.append("it may change data, which reset above brings back")
    return "; ".join(why)


def _name_of(method: str, path: str) -> str:
    words = [word for word in re.split(r"[^A-Za-z0-9]+", path.partition("?")[0]) if word] or ["home"]
    named = words if method == "GET" else [method.lower(), *words]
    return "-".join(named)[:MOST_NAME].strip("-")


def _free(name: str, taken: set[str]) -> str:
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 2))
    return next(each for each in numbered if each not in taken)
