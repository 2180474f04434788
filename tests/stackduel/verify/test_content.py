"""Answers compared by what they say: the first stack asked three times, all others held to it."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from stackduel.model.expected_content import VaryingPlace
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.verification import Answers
from tests.stackduel.load.scripted import ScriptedServer, Visit

GET = Workload("/x", check="content")
VARIES = "GET /x: not the same in every answer, so these are compared by kind alone: "
Body = Callable[[int], bytes]


@contextmanager
def saying(body: Body, media_type: str = "application/json", encoding: str = "") -> Iterator[Address]:
    """A server whose nth answer has the nth body."""
    encoded = f"Content-Encoding: {encoding}\r\n" if encoding else ""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            data = body(visit.server.requests)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n{encoded}Content-Length: {len(data)}\r\n\r\n"
            await visit.send(head.encode() + data)

    with ScriptedServer(script) as server:
        yield server.address


def always(value: Any, **style: Any) -> Body:
    return lambda _number: json.dumps(value, **style).encode()


def compared(first: Body, second: Body, workload: Workload = GET, media_type: str = "application/json") -> str | None:
    """Return what is wrong with the second server's answer, by the first's."""
    answers = Answers(timeout_s=10)
    with saying(first, media_type) as one, saying(second, media_type) as other:
        assert answers.check("one", one, [workload]) == ()
        wrong = answers.check("other", other, [workload])
    return wrong[0] if wrong else None


def test_the_same_values_are_the_same_answer() -> None:
    """Spaces, the order of keys and escapes are the framework's, not the application's."""
    value = {"name": "Lämpchen", "price": 12.0, "tags": ["a", "b"]}
    assert compared(always(value), always(value, indent=2, ensure_ascii=False, sort_keys=True)) is None


def test_byte_for_byte_can_be_asked_for() -> None:
    """The sentence says that only the bytes differ, and where."""
    told = compared(always({"a": 1}), always({"a": 1}, indent=1), Workload("/x", check="body"))
    assert told is not None
    assert told.startswith("GET /x answered the same values in other bytes: ")
    assert 'at byte 1 where one answered \'{"a": 1}\' (check = "content" compares values)' in told


ITEMS = {"items": [{"name": f"lamp {number}", "price": number} for number in range(100)]}
OTHER = json.loads(json.dumps(ITEMS))
OTHER["items"][70]["price"] = 7


@pytest.mark.parametrize("check", ["content", "body"])
def test_the_first_place_that_differs_is_shown(check: Any) -> None:
    """Not the equal beginnings of two long answers."""
    told = compared(always(ITEMS), always(OTHER), Workload("/x", check=check))
    assert told is not None
    assert told.startswith(
        'GET /x answered $.items[70].price = 7 where one answered 70 (ignore = ["$.items[70].price"]'
    )


TEXT = "All work and no play makes Jack a dull boy. " * 100


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"a": "1"}, {"a": 1}, '$.a = 1 (number) where one answered "1" (string)'),
        ({"a": 1, "b": 2}, {"a": 1}, "without $.b, where one answered 2"),
        ({"a": 1}, {"a": 1, "b": 2}, "$.b = 2, which one did not answer"),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, "2 elements in $.a where one answered 3: $.a[1] = 3 where one answered 2"),
        ({"a": [1, 2, 3]}, {"a": [1, 2]}, "2 elements in $.a where one answered 3 (ignore"),
        ({"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 3, "c": 3}, "$.a = 2 where one answered 1; they differ also at $.b"),
        (
            {"t": TEXT},
            {"t": TEXT[:2000] + "!" + TEXT[2001:]},
            "$.t, from character 2,000 on, ... 'es Jack a dull boy. All work and no play!makes Jack a dull boy. Al",
        ),
    ],
)
def test_differences_are_told_with_what_stands_there(first: Any, second: Any, told: str) -> None:
    """Kinds, missing and unexpected members, lengths, and long texts from the first other character on."""
    found = compared(always(first), always(second))
    assert found is not None
    assert found.startswith(f"GET /x answered {told}")


def test_text_differs_by_line() -> None:
    """As an editor shows it."""
    page = "<html>\n<p>one</p>\n</html>\n"
    told = compared(
        lambda _number: page.encode(), lambda _number: page.replace("one", "two").encode(), media_type="text/html"
    )
    assert told is not None
    assert 'line 2 = "<p>two</p>\\n" where one answered "<p>one</p>\\n"' in told


def test_what_is_ignored_may_differ() -> None:
    """Between stacks, and in kind."""
    workload = Workload("/x", check="content", ignore=("$.took", "$.items[*].id"))
    first, second = {"took": 1, "items": [{"id": 1, "n": 2}]}, {"items": [{"id": "x", "n": 2}]}
    assert compared(always(first), always(second), workload) is None
    second["items"][0]["n"] = 3
    told = compared(always(first), always(second), workload)
    assert told is not None
    assert "$.items[0].n = 3" in told


def clocked(number: int) -> bytes:
    """An answer with an id, a time and a port of its own, and one that does not change."""
    return json.dumps({"id": f"id-{number}", "at": number, "url": "http://localhost/x"}).encode()


def test_what_differs_from_itself_counts_by_its_kind() -> None:
    """The first stack is asked three times over a second; where it varies, others may; that is told once."""
    numbers, answers = count(100), Answers(timeout_s=10)
    began_s = time.monotonic()
    with saying(clocked) as one, saying(lambda _number: clocked(next(numbers))) as other:
        assert answers.check("one", one, [GET]) == ()
        assert time.monotonic() - began_s > 0.9
        assert answers.check("other", other, [GET]) == ()
    assert answers.take_notes() == (f"{VARIES}$.id, $.at",)
    assert answers.take_notes() == ()
    varying = (VaryingPlace("$.id", ("string",)), VaryingPlace("$.at", ("number",)))
    for stack in ("one", "other"):
        content = answers.expectation(stack, GET).content
        assert content is not None
        assert content.varying == varying
    own = answers.expectation("other", GET).body
    assert own is not None
    assert b"id-100" in own, "under load each stack is held to its own answer"


def test_another_kind_is_wrong_also_where_values_vary() -> None:
    """A time stamp is not replaced by an error message."""
    told = compared(clocked, always({"id": "x", "at": "never", "url": "http://localhost/x"}))
    assert told is not None
    assert '$.at = "never" (string)' in told


def test_many_elements_that_vary_are_one_place() -> None:
    """A list of a hundred records with ids is not a hundred places, and its other values count."""

    def records(number: int) -> bytes:
        return json.dumps([{"id": 1000 * number + each, "n": each} for each in range(50)]).encode()

    answers = Answers(timeout_s=10)
    with saying(records) as one:
        assert answers.check("one", one, [GET]) == ()
    assert answers.take_notes() == (f"{VARIES}$[*].id",)
    assert "$[3].n = 5" in str(
        compared(records, always([{"id": 1, "n": each + 2 * (each == 3)} for each in range(50)]))
    )


def test_encoded_answers_are_compared_decoded() -> None:
    """One server compresses, the other does not."""
    answers = Answers(timeout_s=10)
    with (
        saying(lambda number: gzip.compress(b'{"a": 1}', number % 9), encoding="gzip") as one,
        saying(always({"a": 1})) as other,
        saying(lambda _number: gzip.compress(b'{"a": 2}'), encoding="gzip") as wrong,
        saying(always({"a": 1}), encoding="gzip") as liar,
    ):
        assert answers.check("one", one, [GET]) == ()
        assert answers.check("other", other, [GET]) == ()
        assert answers.check("wrong", wrong, [GET])[0].startswith("GET /x answered $.a = 2 where one answered 1")
        assert "its head says gzip, and its body is not" in answers.check("liar", liar, [GET])[0]


def test_a_later_start_may_answer_other_values() -> None:
    """Names, times and lengths of lists may change between two starts: the stack is held to its latest answer."""
    values = iter([{"host": "a", "rows": [1]}] * 3 + [{"host": "b", "rows": [1, 2]}])
    answers = Answers(timeout_s=10)
    with saying(lambda _number: json.dumps(next(values)).encode()) as one:
        assert answers.check("one", one, [GET]) == ()
        assert answers.check("one", one, [GET]) == ()
    (note,) = answers.take_notes()
    assert note == (
        "GET /x: one changed its answer since it was verified, so these are compared by kind alone: $.host, $.rows"
    )
    assert answers.expectation("one", GET).body == b'{"host": "b", "rows": [1, 2]}'


def test_a_later_start_may_not_answer_something_else() -> None:
    """An error with status 200 is not what a stack is held to."""
    values = iter([{"host": "a"}] * 3 + [{"error": "no database"}])
    answers = Answers(timeout_s=10)
    with saying(lambda _number: json.dumps(next(values)).encode()) as one:
        assert answers.check("one", one, [GET]) == ()
        (told,) = answers.check("one", one, [GET])
    assert told.startswith("GET /x answered otherwise than before: without $.host")


def test_a_method_that_is_not_allowed_says_which_are() -> None:
    """As nobody named one for a path that only takes a form."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            await visit.send(b"HTTP/1.1 405 No\r\nAllow: POST, OPTIONS\r\nContent-Length: 0\r\n\r\n")

    with ScriptedServer(script) as server:
        (told,) = Answers(timeout_s=5).check("one", server.address, [GET])
    assert told.startswith("GET /x answered 405 instead of 200 (method = one of POST, OPTIONS)")


def test_a_redirect_says_where_to() -> None:
    """As somebody forgot the slash at the end."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            await visit.send(b"HTTP/1.1 301 Moved\r\nLocation: /x/\r\nContent-Length: 0\r\n\r\n")

    with ScriptedServer(script) as server:
        (told,) = Answers(timeout_s=5).check("one", server.address, [GET])
    assert told.startswith("GET /x answered 301 to /x/ instead of 200 (give status = 301 or the final path): ")
