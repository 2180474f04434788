"""Every format of access logs says the same of the same request."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.traffic.logs.log_entry import LogEntry
from stackduel.traffic.logs.reader import parse_log_line
from stackduel.traffic.unread import NoRequestError

MOMENT_S = 1_790_000_000
RIGHT = LogEntry("GET", "/search?q=a%20b", 404, MOMENT_S)
REQUEST = "GET /search?q=a%20b HTTP/1.1"
LINES = {
    "nginx and Apache combined": f'192.0.2.1 - bob [21/Sep/2026:14:13:20 +0000] "{REQUEST}" 404 12 "-" "curl/8.5"',
    "common": f'192.0.2.1 - - [21/Sep/2026:16:13:20 +0200] "{REQUEST}" 404 -',
    "Apache with its virtual host": f'shop.example:443 ::1 - - [21/Sep/2026:14:13:20 +0000] "{REQUEST}" 404 12 "-" "x"',
    "nginx with a time of the answer": f'192.0.2.1 - - [21/Sep/2026:14:13:20 +0000] "{REQUEST}" 404 12 "-" "x" 0.031',
    "Gunicorn": f'192.0.2.1 - - [21/Sep/2026:09:13:20 -0500] "{REQUEST}" 404 12 "-" "Mozilla/5.0 [en] \\"q\\""',
    "a container's prefix": f'web-1  | 192.0.2.1 - - [21/Sep/2026:14:13:20 +0000] "{REQUEST}" 404 12 "-" "x"',
    "nginx as JSON": json.dumps(
        {"time_iso8601": "2026-09-21T14:13:20+00:00", "remote_addr": "192.0.2.1", "request": REQUEST, "status": "404"}
    ),
    "nginx as JSON in parts": json.dumps(
        {"msec": "1790000000.123", "request_method": "GET", "uri": "/search", "args": "q=a%20b", "status": 404}
    ),
    "Caddy": json.dumps(
        {
            "level": "info", "ts": 1790000000.5, "logger": "http.log.access", "msg": "handled request", "status": 404,
            "request": {"remote_ip": "192.0.2.1", "method": "GET", "uri": "/search?q=a%20b", "headers": {"Cookie": []}},
        }
    ),
    "Gunicorn's atoms as JSON": json.dumps(
        {"t": "[21/Sep/2026:14:13:20 +0000]", "m": "GET", "U": "/search", "q": "q=a%20b", "s": "404"}
    ),
    "Gunicorn as people write it": json.dumps(
        {"time": "2026-09-21 14:13:20", "method": "GET", "path": "/search", "query": "q=a%20b", "status": 404}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_a_line_of_each_format_is_the_same_request(name: str) -> None:
    """Method, target, status and moment are read, whatever stands around them."""
    assert parse_log_line(LINES[name].encode()) == RIGHT


@pytest.mark.parametrize(
    ("request_line", "target"),
    [
        (r"GET /caf\xC3\xA9?q=\x22x\x22 HTTP/1.1", '/caf%C3%A9?q="x"'),
        ("GET /café HTTP/1.1", "/caf%C3%A9"),
        (r"GET /a\"b HTTP/1.1", '/a"b'),
        ("GET /two words HTTP/1.1", "/two%20words"),
        ("GET http://shop.example/a?b=c HTTP/1.1", "/a?b=c"),
        ("GET /old", "/old"),
    ],
    ids=["hexadecimal escapes", "bytes beyond ASCII", "a quote", "a space", "with its host", "HTTP 0.9"],
)
def test_an_odd_target_is_one_that_can_be_sent(request_line: str, target: str) -> None:
    """Bytes that a log escapes, or a client should have encoded, are encoded one by one."""
    line = f'192.0.2.1 - - [21/Sep/2026:14:13:20 +0000] "{request_line}" 200 1'
    assert parse_log_line(line.encode()).target == target


def test_a_line_without_a_time_is_a_request_without_one() -> None:
    """Such requests have weights, and no rate."""
    assert parse_log_line(b'{"method": "GET", "path": "/", "status": 200}').moment_s is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_line_breaks_the_reader(line: bytes) -> None:
    """Any line is a request, or unreadable for a reason in words."""
    read(line)


@given(st.sampled_from(sorted(LINES)), st.data())
def test_no_damaged_line_breaks_the_reader(name: str, data: st.DataObject) -> None:
    """So is a right line of which a part is missing, doubled or replaced."""
    line = LINES[name].encode()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(line))] * 2)))
    read(line[:start] + data.draw(st.binary(max_size=20)) + line[end:])


def read(line: bytes) -> None:
    try:
        entry = parse_log_line(line)
    except NoRequestError as error:
        assert str(error)  # noqa: PT017 - either end is right
        return
    assert entry.target.startswith("/")
    assert all(32 < ord(char) <= 126 for char in entry.target)
    assert 100 <= entry.status <= 599


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
)
KEYS = ["request", "method", "uri", "path", "args", "status", "ts", "time", "msec", "m", "U", "q", "s", "t", "r"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON | st.dictionaries(st.sampled_from(KEYS), JSON)))
def test_no_json_breaks_the_reader(entry: dict[str, object]) -> None:
    """Values of any kind may stand under the names that are read."""
    read(json.dumps(entry).encode())
