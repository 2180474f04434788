"""The path of a request, put into the one form in which every framework sees the same.

Servers hand over targets as they please: some leave ``http://host/path`` whole. Frameworks match paths as they please:
Werkzeug drops slashes at the front, Starlette a newline at the end.
"""

from __future__ import annotations

import re

from stackduel_servers.core.errors import MOST_BODY_BYTES, HttpError, of_status, only_post, too_large

INFER = "/infer/"
LENGTH = re.compile(r"[0-9]{1,20}")
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
    if method != "POST" and is_infer(path):
        return only_post()
    return None


def is_infer(path: str) -> bool:
    """Whether it is the path of a model's endpoint, known or not."""
    return path.startswith(INFER) and path.find("/", len(INFER)) < 0 and path != INFER


def body_refusal(path: str, content_length: str | None) -> HttpError | None:
    """The error for a body that is not worth reading: it says itself that it is over the limit."""
    if content_length is None or not LENGTH.fullmatch(content_length) or not is_infer(path):
        return None
    return too_large() if int(content_length) > MOST_BODY_BYTES else None
