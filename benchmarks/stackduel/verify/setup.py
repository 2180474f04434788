"""The set-up of a started stack: requests sent once, whose answers give values and cookies to later ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any

from stackduel.load.content.decoding import DecodingError, decode
from stackduel.model.driver import DriverName
from stackduel.model.gained import Gained
from stackduel.model.placeholders import filled
from stackduel.model.suite import SetupRequest
from stackduel.model.target import Address
from stackduel.storage.learned_secrets import learn
from stackduel.verify.difference_sentences import Wording
from stackduel.verify.exchange import ExchangeError, ask
from stackduel.verify.reply import Reply

MOST_CHARACTERS = 8_192


class SetupError(Exception):
    """A set-up request whose answer does not give what it should; the message shows no value."""


def set_up(
    address: Address, requests: Sequence[SetupRequest], timeout_s: float, driver: DriverName, wording: Wording
) -> Gained:
    """Send the requests one after another, each with the values and cookies of those before; return all of them.

    What they give is secret from then on. Raises SetupError.
    """
    values: dict[str, str] = {}
    cookies: dict[str, str] = {}
    for request in requests:
        workload = filled(request.workload, values, cookies)
        label = f"setup: {request.workload.label}"
        try:
            reply = ask(address, workload, timeout_s=timeout_s, driver=driver)
        except ExchangeError as error:
            raise SetupError(f"setup: {error}") from error
        if reply.status != request.workload.status:
            # An answer that is no success gives no token away.
            told = f": {wording.beginning(reply.body)}" if reply.status >= 400 else ""
            raise SetupError(f"{label} answered {reply.status} instead of {request.workload.status}{told}")
        set_now = cookies_of(reply)
        cookies = {name: value for name, value in {**cookies, **set_now}.items() if value is not None}
        values |= dict(_values(label, request, reply, cookies))
        learn((*values.values(), *cookies.values()))
    return Gained(values, cookies)


def cookies_of(reply: Reply) -> dict[str, str | None]:
    """Return the cookies that an answer sets, None for one that it takes away (RFC 6265, 5.2)."""
    found: dict[str, str | None] = {}
    for name, value in reply.headers:
        if name.lower() != "set-cookie":
            continue
        try:
            morsels = SimpleCookie(value)
        except CookieError:
            continue
        for key, morsel in morsels.items():
            gone = morsel["max-age"].startswith(("0", "-")) or (not morsel.value and bool(morsel["expires"]))
            found[key] = None if gone else morsel.coded_value
    return found


def at_pointer(document: Any, pointer: str) -> Any:
    """Return what a JSON pointer leads to (RFC 6901); raises KeyError where that is nothing."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            raise KeyError(key)
    return document


def _values(label: str, request: SetupRequest, reply: Reply, cookies: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    document = _document(label, reply) if request.json else None
    for name, pointer in request.json:
        try:
            found = at_pointer(document, pointer)
        except KeyError:
            raise SetupError(f"{label}: its answer has nothing at {pointer}, which is to be {name}") from None
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            raise SetupError(f"{label}: {pointer}, which is to be {name}, is no text and no number")
        yield name, _checked(f"{label}: {pointer}", str(found))
    for name, header in request.header:
        value = reply.header(header)
        if value is None:
            raise SetupError(f"{label}: its answer has no header {header}, which is to be {name}")
        yield name, _checked(f"{label}: {header}", value)
    for name, cookie in request.cookie:
        if cookie not in cookies:
            raise SetupError(f"{label}: no answer has set the cookie {cookie}, which is to be {name}")
        yield name, _checked(f"{label}: {cookie}", cookies[cookie])


def _document(label: str, reply: Reply) -> Any:
    try:
        return json.loads(decode(reply.body, reply.encoding))
    except (ValueError, DecodingError, RecursionError):
        raise SetupError(f"{label}: its answer is no JSON") from None


def _checked(where: str, value: str) -> str:
    if len(value) > MOST_CHARACTERS or not value.isprintable():
        raise SetupError(f"{where}: a value has at most {MOST_CHARACTERS} characters, and all of them can be seen")
    return value
