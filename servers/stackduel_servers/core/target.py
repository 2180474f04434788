"""The path of a request, in one form that is the same for every framework.

Servers differ in the targets they pass on: some keep ``http://host/path`` whole. Frameworks differ in how they match
paths: Werkzeug drops leading slashes, Starlette a newline at the end.
"""

from __future__ import annotations

import re

from stackduel_servers.core.errors import HttpError, of_status, only_post, too_large
from stackduel_servers.core.limits import limits

INFER = "/infer/"
CHAT = "/v1/chat/completions"
LENGTH = re.compile(r"[0-9]{1,20}")
NOT_IN_ANY_PATH = re.compile(r"[\x00-\x1f\x7f]")


def path_of(target: str) -> str:
    """Return the path of a request target (without its query), which may be in absolute form."""
    if target.startswith("/") or "://" not in target:
        return target or "/"
    _, slash, path = target.partition("://")[2].partition("/")
    return slash + path or "/"


def refusal(method: str, path: str) -> HttpError | None:
    """Return the error for a request on which frameworks disagree, or None if the framework decides."""
    if path == "*" and method == "OPTIONS":
        return of_status(405)
    if not path.startswith("/") or path.startswith("//") or NOT_IN_ANY_PATH.search(path):
        return of_status(404)
    if method != "POST" and takes_body(path):
        return only_post()
    return None


def is_infer(path: str) -> bool:
    """Return whether the path is a model's endpoint, whether or not the model is known."""
    return path.startswith(INFER) and path.find("/", len(INFER)) < 0 and path != INFER


def takes_body(path: str) -> bool:
    """Return whether the path is an endpoint that answers POST, and nothing else."""
    return path == CHAT or is_infer(path)


def body_refusal(path: str, content_length: str | None) -> HttpError | None:
    """Return the error for a body whose declared length is over the limit, else None."""
    if content_length is None or not LENGTH.fullmatch(content_length) or not takes_body(path):
        return None
    return too_large() if int(content_length) > limits().body_bytes else None
