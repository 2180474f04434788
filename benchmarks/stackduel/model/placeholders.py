"""Values filled in for ``{name}`` in a request: in its path, its headers and its body, each as that place spells it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote, quote_plus

from stackduel.model.suite import Workload

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,63})\}")
# As a form is encoded when it is read.
_IN_FORM = re.compile(r"%7B([A-Za-z_][A-Za-z0-9_]{0,63})%7D")
_FORM = "application/x-www-form-urlencoded"


def filled(workload: Workload, values: Mapping[str, str], cookies: Mapping[str, str]) -> Workload:
    """Return the request with its values, and with the cookies unless it has a Cookie header of its own.

    A name without a value stays as it is.
    """
    if not values and not cookies:
        return workload
    headers = tuple((name, _replaced(PLACEHOLDER, text, values, str)) for name, text in workload.headers)
    if cookies and not any(name.lower() == "cookie" for name, _ in headers):
        headers = (*headers, ("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items())))
    target = _replaced(PLACEHOLDER, workload.target, values, lambda value: quote(value, safe=""))
    return replace(workload, target=target, headers=headers, body=_body(workload, values))


def placeholders_in(workload: Workload) -> Iterator[str]:
    """Yield the names in the path and the headers of a request that look like values to be filled in."""
    for text in (workload.target, *(value for _, value in workload.headers)):
        yield from PLACEHOLDER.findall(text)


def uses_any(workload: Workload, names: Collection[str]) -> bool:
    """Return whether a value of these names is filled in anywhere in a request."""
    return filled(workload, dict.fromkeys(names, ""), {}) != workload


def _body(workload: Workload, values: Mapping[str, str]) -> bytes:
    """Return the body with its values: escaped in JSON and in forms; one that is a file's or no text stays as it is."""
    if workload.verbatim:
        return workload.body
    try:
        text = workload.body.decode()
    except UnicodeDecodeError:
        return workload.body
    media_type = next((value for name, value in workload.headers if name.lower() == "content-type"), "")
    if media_type.lower().startswith(_FORM):
        return _replaced(_IN_FORM, text, values, quote_plus).encode()
    is_json = "json" in media_type.lower() or (not media_type and text.lstrip()[:1] in {"{", "["})
    return _replaced(PLACEHOLDER, text, values, _in_json if is_json else str).encode()


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _replaced(pattern: re.Pattern[str], text: str, values: Mapping[str, str], spelled: Callable[[str], str]) -> str:
    return pattern.sub(lambda match: spelled(values[match[1]]) if match[1] in values else match[0], text)
