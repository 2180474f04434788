"""Values in requests: spelled as their place wants it, and only where a name has one."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.placeholders import filled, placeholders_in, uses_any
from stackduel.model.suite import Workload

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
JSON = (("Content-Type", "application/json"),)


@given(value=st.text(max_size=30))
def test_a_value_arrives_as_it_is_whatever_it_holds(value: str) -> None:
    """In a path, in JSON and in a form."""
    values = {"q": value}
    assert unquote(filled(Workload("/a?q={q}"), values, {}).target) == f"/a?q={value}"
    body = filled(Workload("/", "POST", JSON, b'{"q": "{q}"}'), values, {}).body
    assert json.loads(body) == {"q": value}
    form = filled(Workload("/", "POST", FORM, b"a=1&q=%7Bq%7D"), values, {}).body
    assert parse_qs(form.decode(), keep_blank_values=True)["q"] == [value]


def test_a_name_without_a_value_stays() -> None:
    """And a body that is no text."""
    request = Workload("/{b}", headers=(("X", "{a}{b}"),), body=b"\xff{a}")
    assert filled(request, {"a": "1"}, {}) == Workload("/{b}", headers=(("X", "1{b}"),), body=b"\xff{a}")
    assert list(placeholders_in(request)) == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b'{"id": {id}}', b'{"id": "}'), (b"plain {id}", b'plain "')],
    ids=["JSON by its look", "text"],
)
def test_a_body_without_a_type_is_judged_by_its_look(body: bytes, expected: bytes) -> None:
    """A body that begins as JSON is JSON."""
    found = filled(Workload("/", "POST", body=body), {"id": '"'}, {}).body
    assert found == expected.replace(b'"}', b'\\"}')


def test_a_file_is_sent_as_it_is() -> None:
    """Braces in it are its own; path and headers have their values."""
    upload = Workload("/{a}", "PUT", body=b"{a}", verbatim=True)
    assert filled(upload, {"a": "1"}, {}) == Workload("/1", "PUT", body=b"{a}", verbatim=True)


def test_cookies_go_with_every_request_that_has_none_of_its_own() -> None:
    """As a browser sends them."""
    assert filled(Workload("/"), {}, {"a": "1", "b": "2"}).headers == (("Cookie", "a=1; b=2"),)
    own = (("cookie", "c=3"),)
    assert filled(Workload("/", headers=own), {}, {"a": "1"}).headers == own


def test_a_request_uses_a_value_or_none() -> None:
    """A request that needs no value can be sent before any is known."""
    assert uses_any(Workload("/{a}"), {"a"})
    assert not uses_any(Workload("/{b}"), {"a"})
    assert not uses_any(Workload("/{a}"), set())
