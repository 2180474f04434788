"""The path of a request, put into the one form in which every framework sees the same.

Servers hand over targets as they please: some leave ``http://host/path`` whole. Frameworks match paths as they please:
Werkzeug drops slashes at the front, Starlette a newline at the end.
"""

from __future__ import annotations

import re

from servers.core.errors import HttpError, of_status

NOT_IN_ANY_PATH = re.compile(r"[\x00-\x1f\x7f]")


def path_of(target: str) -> str:
    """The path within a request target (without its query) that may be in absolute form."""
    if target.startswith("/") or "://" not in target:
        return target or "/"
    _, slash, path = target.partition("://")[2].partition("/")
    return slash + path or "/"


def refusal(method: str, path: str) -> HttpError | None:
    """The error for what frameworks disagree on, or None where the framework decides."""
    if path == "*" and method == "OPTIONS":
        return of_status(405)
    if not path.startswith("/") or path.startswith("//") or NOT_IN_ANY_PATH.search(path):
        return of_status(404)
    return None
