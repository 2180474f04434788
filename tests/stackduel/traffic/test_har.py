"""HAR files: what is asked again of what a browser did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackduel.model.errors import FieldError
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.privacy import Keep
from stackduel.traffic.recording import RecordedRequest, Recording
from stackduel.traffic.sources import read_sources

ALL = frozenset({"GET", "POST"})
JSON_TYPE = [{"name": "Content-Type", "value": "application/json"}]


def entry(url: str, method: str = "GET", status: int = 200, **request: Any) -> dict[str, Any]:
    return {"request": {"method": method, "url": url, **request}, "response": {"status": status}, "time": 3}


def read(folder: Path, entries: list[Any], options: ImportOptions | None = None) -> Recording:
    path = folder / "app.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    return read_sources([str(path)], options or ImportOptions(ALL))


def sole(recording: Recording) -> RecordedRequest:
    ((example, _),) = recording.routes[0].examples
    return example


def test_the_requests_to_the_most_frequent_host_are_taken(tmp_path: Path) -> None:
    """Others are counted in a note, and asked for by name."""
    shop = [entry(f"https://shop.example/items/{number}?page=1") for number in range(3)]
    other = [entry("https://cdn.example/app.js")]
    recording = read(tmp_path, shop + other)
    assert [(route.label, route.requests) for route in recording.routes] == [("GET /items/{int}?page", 3)]
    assert recording.notes == ("Of shop.example; 1 request went to other hosts (--host).",)
    assert recording.busiest is None
    cdn = read(tmp_path, shop + other, ImportOptions(host="cdn.example"))
    assert [route.label for route in cdn.routes] == ["GET /app.js"]
    with pytest.raises(FieldError, match="--host: 'x' is not in"):
        read(tmp_path, shop, ImportOptions(host="x"))


def test_a_body_keeps_its_form_and_loses_its_secrets(tmp_path: Path) -> None:
    """The same fields are there, of the same kinds, without a password, an address or a number of a phone."""
    body = {"user": {"email": "bob@shop.example", "age": 7}, "password": "hunter22", "phone": 123, "items": ["a", None]}
    sent = {"mimeType": "application/json", "text": json.dumps(body)}
    recording = read(tmp_path, [entry("http://shop.example/join", "POST", 201, headers=JSON_TYPE, postData=sent)])
    request = sole(recording)
    expected = {"user": {"email": "dropped", "age": 7}, "password": "dropped", "phone": 0, "items": ["a", None]}
    assert json.loads(request.body) == expected
    assert (request.status, request.headers) == (201, (("content-type", "application/json"),))
    assert set(recording.dropped) == {"email", "password", "phone"}


def test_a_form_is_a_body_whether_as_text_or_as_fields(tmp_path: Path) -> None:
    """Its secret fields are replaced, and a form without any stays as it is."""
    fields = {"params": [{"name": "q", "value": "a b"}, {"name": "csrf_token", "value": "x1"}]}
    text = {"mimeType": "application/x-www-form-urlencoded; charset=utf-8", "text": "q=a+b&q=%C3%A9"}
    assert sole(read(tmp_path, [entry("http://a/", "POST", postData=fields)])).body == "q=a+b&csrf_token=dropped"
    assert sole(read(tmp_path, [entry("http://a/", "POST", postData=text)])).body == "q=a+b&q=%C3%A9"


def test_headers_are_dropped_unless_they_are_asked_for(tmp_path: Path) -> None:
    """Even then without cookies, tokens and what a browser says of its user."""
    sent = {
        "Accept": "application/json", "Cookie": "sid=a1b2c3", "Authorization": "Bearer abc123", "Host": "a",
        "User-Agent": "Mozilla", ":authority": "a", "X-Api-Version": "3", "X-Forwarded-For": "192.0.2.1",
        "Content-Type": "text/css",
    }  # fmt: skip
    asked = [entry("http://a/", headers=[{"name": name, "value": value} for name, value in sent.items()])]
    assert sole(read(tmp_path, asked)).headers == ()
    kept = sole(read(tmp_path, asked, ImportOptions(keep=Keep(headers=True)))).headers
    assert kept == (("accept", "application/json"), ("x-api-version", "3"))
    everything = sole(
        read(tmp_path, asked, ImportOptions(keep=Keep(secrets=True, personal=True, headers=True)))
    ).headers
    assert [name for name, _ in everything] == [
        "accept", "authorization", "cookie", "user-agent", "x-api-version", "x-forwarded-for"
    ]  # fmt: skip


def test_what_is_no_request_is_counted(tmp_path: Path) -> None:
    """Blocked requests, other schemes, binary bodies and broken entries end nothing."""
    odd = [
        entry("http://a/", status=0),
        entry("data:image/png;base64,AA"),
        entry("http://[broken"),
        entry("http://a/", "POST", postData={"text": "AA==", "encoding": "base64"}),
        {"request": {"method": 3, "url": "http://a/"}, "response": {}},
        "entry",
        entry("http://a/"),
    ]
    recording = read(tmp_path, odd)
    assert recording.unread.reasons == {"no request with an answer": 4, "no answer": 1, "its body is no text": 1}
    assert [route.requests for route in recording.routes] == [1]


def test_a_broken_file_is_refused_by_name(tmp_path: Path) -> None:
    """The error says where it breaks off."""
    path = tmp_path / "app.har"
    path.write_text('{"log": {"entries": [', encoding="utf-8")
    with pytest.raises(FieldError, match=r"app\.har: no HAR file: "):
        read_sources([str(path)], ImportOptions())
    path.write_text('{"log": {"entries": []}}', encoding="utf-8")
    with pytest.raises(FieldError, match="is a HAR file, which is imported alone"):
        read_sources([str(path), "other.log"], ImportOptions())


TEXTS = st.text(max_size=20)
FIELDS = st.lists(st.fixed_dictionaries({"name": TEXTS, "value": TEXTS}), max_size=3)
BODIES = st.fixed_dictionaries(
    {},
    optional={"mimeType": st.sampled_from(["application/json", "text/xml"]) | TEXTS, "text": TEXTS, "params": FIELDS},
)
URLS = st.builds("{}://{}/{}?{}".format, st.sampled_from(["http", "https", "ws"]), TEXTS, TEXTS, TEXTS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(url=URLS, method=st.sampled_from(["GET", "post", "X"]), status=st.integers(-1, 700), headers=FIELDS, body=BODIES)
def test_any_entry_is_a_request_or_counted(
    tmp_path: Path, url: str, method: str, status: int, headers: list[Any], body: dict[str, Any]
) -> None:
    """Whatever stands in an entry, no other exception comes of it."""
    recording = read(tmp_path, [entry(url, method, status, headers=headers, postData=body)])
    asked = sum(route.requests for route in recording.routes)
    assert asked + sum(recording.methods.values()) + recording.unread.total >= 1
