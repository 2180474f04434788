"""The HTTP contract of every stack, byte for byte: requests with their expected answers.

For every request that is valid under RFC 9112 and reaches the application: the same status, body and content type from
every stack. Requests that a server's own parser refuses need only be refused: such cases are ``refusable``.
"""

from __future__ import annotations

from dataclasses import replace

from stackduel.verify.contract import chat_cases
from stackduel.verify.contract.case import FRAMEWORKS, Anything, Case, Digest, Keys, error_body

ALLOW = "GET, HEAD"


def cases_for(framework: str | None, *, own_errors: bool = False) -> tuple[Case, ...]:
    """Return the cases for a stack of that framework; with ``own_errors`` the bodies of its 400s may be its own.

    A framework of a user's own, None, has the cases that are the same for all.
    """
    cases = (case for case in CASES if framework in case.frameworks or case.frameworks == FRAMEWORKS)
    return tuple(replace(case, expected=Anything()) if own_errors and case.status == 400 else case for case in cases)


INDEX = (
    b'{"service":"stackduel","endpoints":["/","/health","/slow-io","/benchmark/io-test","/json","/infer/{model}",'
    b'"/stream","/relay","/v1/chat/completions"]}'
)
HEALTH = Keys(
    (
        *("status", "stack", "framework", "framework_version", "server", "server_version", "workers", "threads"),
        *("loop", "cpus", "inference", "pool", "batch_size", "python", "pid", "worker", "uptime_s", "memory_mib"),
        *("cpu_s", "gpu_memory_mib", "device", "device_note", "settings"),
    )
)
EVENT_STREAM = "text/event-stream; charset=utf-8"
NO_ITEMS = b'{"endpoint":"json","count":0,"items":[]}'
ONE_ITEM = (
    b'{"endpoint":"json","count":1,"items":[{"id":1,"sku":"SD-000001","name":"birch heron",'
    b'"price":{"amount":0.37,"currency":"EUR"},"in_stock":true,"rating":0.1,"tags":["birch","heron"],"discount":null}]}'
)
HUNDRED_ITEMS = Digest(16106, "938d9cc1aa5c73c9924afc72abf5016c0f5db2a8d8d09cea7f2406fe02f5371e")
MOST_ITEMS = Digest(1628045, "66f711d5b488bbcf0a3f0fdfb0de35225e5fecab61d0bec48cba8b2a2bfbac7e")


def _slow_io(delay: str) -> bytes:
    return b'{"endpoint":"slow-io","delay_s":%s}' % delay.encode()


def _io_test(delay: str, concurrent: int) -> bytes:
    numbers = (delay.encode(), concurrent, concurrent)
    return b'{"endpoint":"io-test","delay_s":%s,"concurrent":%d,"succeeded":%d}' % numbers


NOT_FOUND = error_body("not found")
NOT_ALLOWED = error_body("method not allowed: only GET and HEAD")
ONLY_POST = error_body("method not allowed: only POST")
UNKNOWN_MODEL = error_body("model must be one of fast-cnn, speaker, vad, face, embed")
DELAY_BOUNDS = error_body("delay must be a number from 0 to 10 with at most 9 decimals")
CONCURRENT_BOUNDS = error_body("concurrent must be an integer from 1 to 100")
ITEMS_BOUNDS = error_body("items must be an integer from 0 to 10000")
EVENTS_BOUNDS = error_body("events must be an integer from 1 to 10000")
FIRST_BOUNDS = error_body("first must be a number from 0 to 10 with at most 9 decimals")
INTERVAL_BOUNDS = error_body("interval must be a number from 0 to 10 with at most 9 decimals")
HEARTBEAT_BOUNDS = error_body("heartbeat must be a number from 0.1 to 10 with at most 9 decimals")
SIZE_BOUNDS = error_body("size must be an integer from 64 to 65536")
NOW = _slow_io("0.0")

SUCCESSES = (
    Case("index", "/", INDEX),
    Case("health", "/health", HEALTH),
    Case("slow-io, no wait", "/slow-io?delay=0", NOW),
    Case("slow-io, a short wait", "/slow-io?delay=0.02", _slow_io("0.02"), takes_s=0.02),
    Case("slow-io, the default wait", "/slow-io", _slow_io("1.0"), takes_s=1.0),
    Case("slow-io, nine decimals", "/slow-io?delay=0.000123456", _slow_io("0.0001")),
    Case("slow-io, leading zeros", "/slow-io?delay=000000.0", NOW),
    Case("io-test, the default", "/benchmark/io-test", _io_test("1.0", 1), takes_s=1.0),
    Case("io-test, one call", "/benchmark/io-test?delay=0.02", _io_test("0.02", 1), takes_s=0.02),
    Case("io-test, three calls", "/benchmark/io-test?delay=0.01&concurrent=3", _io_test("0.01", 3), takes_s=0.01),
    Case("io-test, most calls", "/benchmark/io-test?concurrent=100&delay=0", _io_test("0.0", 100)),
    Case("json, no items", "/json?items=0", NO_ITEMS),
    Case("json, one item", "/json?items=1", ONE_ITEM),
    Case("json, the default", "/json", HUNDRED_ITEMS),
    Case("json, most items", "/json?items=10000", MOST_ITEMS),
)

QUERIES = (
    Case("an empty query", "/json?", HUNDRED_ITEMS),
    Case("an unknown parameter", "/json?items=0&limit=5", NO_ITEMS),
    Case("an unknown parameter twice", "/json?limit=5&items=0&limit=6", NO_ITEMS),
    Case("another endpoint's parameter twice", "/json?delay=x&delay=y&items=0", NO_ITEMS),
    Case("empty pairs", "/json?&&items=0&&", NO_ITEMS),
    Case("a name without a value", "/json?verbose&items=0", NO_ITEMS),
    Case("a second question mark", "/json??items=5&items=0", NO_ITEMS),
    Case("a name in other letters", "/json?Items=5&items=0", NO_ITEMS),
    Case("an encoded value", "/json?items=%31", ONE_ITEM),
    Case("an encoded name", "/json?%69te%6ds=1", ONE_ITEM),
    Case("a name with a plus", "/json?items+=5&items=0", NO_ITEMS),
    Case("a long query", f"/json?padding={'x' * 3000}&items=0", NO_ITEMS),
    Case("many parameters", f"/json?{'a&' * 1500}items=0", NO_ITEMS),
)

# Invalid numbers, as written in the query.
NO_NUMBERS = {
    "empty": "", "text": "abc", "a sign": "-1", "a plus": "%2B1", "a blank": "+1", "a blank behind": "1%20",
    "an exponent": "1e0", "nan": "nan", "inf": "inf", "infinity": "Infinity", "a comma": "1,0", "no fraction": "1.",
    "no integer part": ".5", "two points": "1.0.0", "hexadecimal": "0x1", "an underscore": "1_0", "huge": "9" * 40,
    "seven digits": "0000001", "a null byte": "1%00", "a newline": "1%0A", "a superscript": "%C2%B2",
    "an arabic digit": "%D9%A1", "a fullwidth digit": "%EF%BC%91", "half a character": "%C3", "a bad escape": "1%zz",
    "a lone percent": "1%", "a semicolon": "1;2", "a list": "[1]", "true": "true", "null": "null", "quotes": "%221%22",
}  # fmt: skip

BAD_PARAMETERS = (
    *(Case(f"delay: {name}", f"/slow-io?delay={value}", DELAY_BOUNDS, 400) for name, value in NO_NUMBERS.items()),
    *(Case(f"items: {name}", f"/json?items={value}", ITEMS_BOUNDS, 400) for name, value in NO_NUMBERS.items()),
    *(
        Case(f"concurrent: {name}", f"/benchmark/io-test?delay=0&concurrent={value}", CONCURRENT_BOUNDS, 400)
        for name, value in NO_NUMBERS.items()
    ),
    Case("delay: above its bound", "/slow-io?delay=10.000000001", DELAY_BOUNDS, 400),
    Case("delay: ten decimals", "/slow-io?delay=0.0000000001", DELAY_BOUNDS, 400),
    Case("delay: without a value", "/slow-io?delay", DELAY_BOUNDS, 400),
    Case("delay: in io-test", "/benchmark/io-test?concurrent=1&delay=-0", DELAY_BOUNDS, 400),
    Case("items: above its bound", "/json?items=10001", ITEMS_BOUNDS, 400),
    Case("items: a fraction", "/json?items=1.0", ITEMS_BOUNDS, 400),
    Case("concurrent: below its bound", "/benchmark/io-test?delay=0&concurrent=0", CONCURRENT_BOUNDS, 400),
    Case("concurrent: above its bound", "/benchmark/io-test?delay=0&concurrent=101", CONCURRENT_BOUNDS, 400),
    Case("concurrent: a fraction", "/benchmark/io-test?delay=0&concurrent=2.0", CONCURRENT_BOUNDS, 400),
    Case("delay: twice", "/slow-io?delay=0&delay=0", error_body("delay must be given at most once"), 400),
    Case(
        "delay: twice, once encoded", "/slow-io?delay=0&%64elay=0", error_body("delay must be given at most once"), 400
    ),
    Case("items: twice", "/json?items=1&items=2", error_body("items must be given at most once"), 400),
    Case(
        "concurrent: twice",
        "/benchmark/io-test?delay=0&concurrent=1&concurrent=1",
        error_body("concurrent must be given at most once"),
        400,
    ),
)

# Refused before the first event; a stream itself is no answer of one body.
BAD_STREAMS = tuple(
    Case(f"{name} of {path}: {value!r}", f"{path}?{name}={value}", bounds, 400)
    for path in ("/stream", "/relay")
    for name, bounds, values in (
        ("events", EVENTS_BOUNDS, ("0", "10001", "1.0", "")),
        ("first", FIRST_BOUNDS, ("10.1", "-1", "0.0000000001")),
        ("interval", INTERVAL_BOUNDS, ("10.000000001", "1e-3", "nan")),
        ("size", SIZE_BOUNDS, ("63", "65537", "x")),
        ("size", error_body("size must be given at most once"), ("64&size=64",)),
        ("idle", error_body("idle must be 0 or 1"), ("2", "true")),
        ("heartbeat", HEARTBEAT_BOUNDS, ("0", "0.099", "10.1", "1e-1")),
    )
    for value in values
)

BAD_CHATS = chat_cases.BAD_CHATS

METHODS = (
    *(
        Case(f"{method} of a known path", "/json?items=0", NOT_ALLOWED, 405, method, allow=ALLOW)
        for method in ("OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE")
    ),
    *(Case(f"POST of {path}", path, NOT_ALLOWED, 405, "POST", allow=ALLOW) for path in ("/stream", "/relay")),
    *(
        Case(f"{method} of an unknown path", "/nothing", NOT_FOUND, 404, method)
        for method in ("OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE")
    ),
    *(
        Case(f"{method} of a model", "/infer/fast-cnn", ONLY_POST, 405, method, allow="POST")
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE")
    ),
    *(
        Case(f"{method} of the gateway", chat_cases.PATH, ONLY_POST, 405, method, allow="POST")
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE")
    ),
    Case("GET of an unknown model", "/infer/nothing", ONLY_POST, 405, allow="POST"),
    Case("an unknown method of a model", "/infer/face", ONLY_POST, 405, "BREW", allow="POST", refusable=True),
    Case("POST of an unknown model", "/infer/nothing", UNKNOWN_MODEL, 404, "POST"),
    Case("an unknown method", "/json", NOT_ALLOWED, 405, "BREW", allow=ALLOW, refusable=True),
    Case("OPTIONS of the server", "*", NOT_ALLOWED, 405, "OPTIONS", allow=ALLOW),
    Case("HEAD of a success", "/json?items=1", ONE_ITEM, 200, "HEAD"),
    Case("HEAD of a wait", "/slow-io?delay=0.02", _slow_io("0.02"), 200, "HEAD", takes_s=0.02),
    Case("HEAD of the health", "/health", HEALTH, 200, "HEAD"),
    Case("HEAD of a stream", "/stream?events=10000", Anything(), 200, "HEAD", content_type=EVENT_STREAM),
    Case("HEAD of a bad stream", "/stream?size=1", SIZE_BOUNDS, 400, "HEAD"),
    Case("HEAD of bad input", "/json?items=x", ITEMS_BOUNDS, 400, "HEAD"),
    Case("HEAD of an unknown path", "/nothing", NOT_FOUND, 404, "HEAD"),
)

PATHS = (
    *(
        Case(f"path {path}", path, NOT_FOUND, 404)
        for path in (
            "/nothing", "/json/", "//json", "///json", "/json//", "/JSON", "/json/1", "/slow_io", "/slow-io.json",
            "/benchmark", "/benchmark/", "/benchmark//io-test", "/benchmark/io-test/", "/./json", "/json/.",
            "/x/../json", "/json;v=1", "/%2Fjson", "/%2f", "/json%0A", "/json%00", "/json%20", "/json%ff", "/json%zz",
            "/infer", "/infer/", "/infer//", "/infer/fast-cnn/", "/infer/fast-cnn/x", "/infer//fast-cnn", "/INFER/vad",
            "/%C3%A9", "/json%3Fitems=0", "/metrics/", "/docs", "/redoc", "/openapi.json", "/static/x", "/favicon.ico",
            "/v1/chat", "/v1/chat/completions/", "/v1//chat/completions",
        )
    ),
    Case("an encoded path", "/j%73on?items=0", NO_ITEMS),
    Case("an encoded slash", "/benchmark%2Fio-test?delay=0", _io_test("0.0", 1)),
    *(
        Case(f"the alias of {owner} on {owner}", f"/benchmark/{owner}-io-test?delay=0&concurrent=2", _io_test("0.0", 2),
             frameworks=(owner,))
        for owner in FRAMEWORKS
    ),
    *(
        Case(f"the alias of {owner} elsewhere", f"/benchmark/{owner}-io-test?delay=0", NOT_FOUND, 404,
             frameworks=tuple(each for each in FRAMEWORKS if each != owner))
        for owner in FRAMEWORKS
    ),
)  # fmt: skip

CHUNKED = (("Transfer-Encoding", "chunked"),)
CHUNKS = b"5;note=x\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
WEBSOCKET = (
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "c3RhY2tkdWVsIHN0YWNrZA=="),
    ("Sec-WebSocket-Version", "13"),
)

FORMS = (
    Case("an absolute target", "http://stackduel.test/json?items=0", NO_ITEMS),
    Case("an absolute target in capitals", "HTTP://STACKDUEL.test:80/json?items=0", NO_ITEMS),
    Case("an absolute target of another host", "http://elsewhere.test:8080/json?items=0", NO_ITEMS),
    Case("an absolute target without a path", "http://stackduel.test", INDEX, refusable=True),
    Case("an absolute target, doubled slash", "http://stackduel.test//json", NOT_FOUND, 404),
    Case("HTTP/1.0", "/json?items=0", NO_ITEMS, version="1.0", host=None),
    Case("HTTP/1.0 with a host", "/json?items=0", NO_ITEMS, version="1.0"),
    Case("an empty host", "/json?items=0", NO_ITEMS, host=""),
    Case("a host with a port", "/json?items=0", NO_ITEMS, host="STACKDUEL.test:8080"),
    Case("an IPv6 host", "/json?items=0", NO_ITEMS, host="[::1]:8080"),
    Case("an odd host", "/json?items=0", NO_ITEMS, host="a_b.c~d!$&'()*+,;=%20"),
    Case("a body on GET", "/json?items=0", NO_ITEMS, headers=(("Content-Length", "5"),), body=b"hello"),
    Case("chunks on GET", "/json?items=0", NO_ITEMS, headers=CHUNKED, body=CHUNKS),
    Case("many chunks on GET", "/json?items=0", NO_ITEMS, headers=CHUNKED, body=b"1\r\nx\r\n" * 100 + b"0\r\n\r\n"),
    Case("a form on GET", "/json?items=0", NO_ITEMS, body=b"items=5",
         headers=(("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "7"))),
    Case("a body on POST", "/json", NOT_ALLOWED, 405, "POST", (("Content-Length", "5"),), b"hello", allow=ALLOW),
    Case("chunks on POST", "/json", NOT_ALLOWED, 405, "POST", CHUNKED, CHUNKS, allow=ALLOW),
    Case("an expectation on GET", "/json?items=0", NO_ITEMS, body=b"hello",
         headers=(("Expect", "100-continue"), ("Content-Length", "5"))),
    Case("an expectation on POST", "/json", NOT_ALLOWED, 405, "POST", allow=ALLOW, body=b"hello",
         headers=(("Expect", "100-continue"), ("Content-Length", "5"))),
    Case("a proxy's headers", "/json?items=0", NO_ITEMS,
         headers=(("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/x"))),
    Case("headers that name a path", "/json?items=0", NO_ITEMS,
         headers=(("Script-Name", "/x"), ("X-Original-URL", "/x"), ("X-HTTP-Method-Override", "POST"))),
    Case("a conditional request", "/json?items=0", NO_ITEMS,
         headers=(("If-None-Match", "*"), ("Range", "bytes=0-1"),
                  ("If-Modified-Since", "Sat, 01 Jan 2028 00:00:00 GMT"))),
    Case("what a browser sends", "/json?items=0", NO_ITEMS,
         headers=(("Accept", "text/html"), ("Accept-Encoding", "gzip, br"), ("Cookie", "a=b; c"), ("DNT", "1"))),
    Case("a header beyond ASCII", "/json?items=0", NO_ITEMS, headers=(("X-Name", "\xe4\xf6\xfc"),)),
    Case("an upgrade nobody knows", "/json?items=0", NO_ITEMS,
         headers=(("Upgrade", "foo/2"), ("Connection", "Upgrade"))),
    Case("an upgrade to a WebSocket", "/json?items=0", NO_ITEMS, headers=WEBSOCKET, refusable=True),
    Case("a closing connection", "/json?items=0", NO_ITEMS, headers=(("Connection", "close"),)),
)  # fmt: skip

CASES = (*SUCCESSES, *QUERIES, *BAD_PARAMETERS, *BAD_STREAMS, *BAD_CHATS, *METHODS, *PATHS, *FORMS)
