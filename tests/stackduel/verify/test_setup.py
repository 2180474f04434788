"""Parts of a set-up: JSON pointers, cookies that are set and taken away, and requests that build on each other."""

from __future__ import annotations

from typing import Any

import pytest

from stackduel.model.gained import Gained
from stackduel.model.suite import SetupRequest, Workload
from stackduel.storage.redaction import NO_SECRETS
from stackduel.verify.difference_sentences import Wording
from stackduel.verify.reply import Reply
from stackduel.verify.setup import at_pointer, cookies_of, set_up
from tests.stackduel.load.scripted import ScriptedServer, Visit

# The document and the pointers of RFC 6901, 5, without the whole document, which is no value.
DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_a_pointer_leads_where_the_standard_says(pointer: str, value: Any) -> None:
    """Its own examples."""
    assert at_pointer(DOCUMENT, pointer) == value


@pytest.mark.parametrize("pointer", ["/bar", "/foo/2", "/foo/-", "/foo/0/0", "/foo/x"])
def test_a_pointer_to_nothing_is_an_error(pointer: str) -> None:
    """Also one into a text, or behind the end of a list."""
    with pytest.raises(KeyError):
        at_pointer(DOCUMENT, pointer)


def test_cookies_are_set_and_taken_away() -> None:
    """Whatever their attributes; what is no cookie is passed over."""
    lines = ("sid=a1b2; Path=/; HttpOnly", "old=; Max-Age=0", "gone=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "odd")
    reply = Reply(200, tuple(("Set-Cookie", line) for line in lines), b"")
    assert cookies_of(reply) == {"sid": "a1b2", "old": None, "gone": None}


def test_each_request_has_what_those_before_it_gave() -> None:
    """A value in its path, and the cookies that are still set."""
    seen: list[bytes] = []
    answers = [
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 16\r\n\r\n" + b'{"id": "x y/z%"}',
        b"HTTP/1.1 204 No Content\r\nSet-Cookie: a=; Max-Age=0\r\nX-Two: second\r\n\r\n",
    ]

    async def script(visit: Visit) -> None:
        async for request in visit.requests():
            seen.append(request)
            await visit.send(answers[len(seen) - 1])

    first = SetupRequest(Workload("/one"), json=(("id", "/id"),))
    second = SetupRequest(Workload("/two/{id}", status=204), header=(("two", "X-Two"),), cookie=(("bee", "b"),))
    with ScriptedServer(script) as server:
        gained = set_up(server.address, (first, second), 5, "raw", Wording(NO_SECRETS))
    assert gained == Gained({"id": "x y/z%", "two": "second", "bee": "2"}, {"b": "2"})
    assert seen[1].startswith(b"GET /two/x%20y%2Fz%25 HTTP/1.1\r\n")
    assert b"\r\nCookie: a=1; b=2\r\n" in seen[1]
