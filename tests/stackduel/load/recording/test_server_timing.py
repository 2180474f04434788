"""Servers' own report of where their time went: read where it is asked for, whatever else stands in the headers."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.job import Call
from stackduel.load.recording.server_timing import MOST_BYTES, MOST_NAMES, OUTSIDE, add_timing_header, spans_ns
from stackduel.model.driver import DriverName
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from tests.stackduel.load.measuring import RIGHT, job_for, measure
from tests.stackduel.load.scripted import ANSWER, Script, ScriptedServer, Visit, answer

LOADS: tuple[Load, ...] = (
    ClosedLoop(4, requests=40, warmup_requests=8, server_timing=True),
    OpenLoop(80, 0.5, server_timing=True),
)


def telling(*headers: bytes) -> bytes:
    """The right answer with these headers."""
    return ANSWER.replace(b"\r\n\r\n", b"".join(b"\r\n" + header for header in headers) + b"\r\n\r\n", 1)


@pytest.mark.parametrize("first_byte", [False, True])
@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_spans_are_counted_for_each_right_answer(load: Load, driver: DriverName, *, first_byte: bool) -> None:
    """Each name has a histogram of its own, of the window's answers alone; the X-Process-Time is the total."""
    headers = (b"server-timing: app;dur=1.5, infer;dur=4.25", b"SERVER-TIMING: queue;dur=0", b"X-Process-Time: 6.125")
    with ScriptedServer(answer(telling(*headers))) as server:
        found = measure(job_for(server.address, msgspec.structs.replace(load, first_byte=first_byte), driver=driver))
    assert found.spans is not None
    assert set(found.spans) == {"app", "infer", "queue", "total", OUTSIDE}
    timings = {name: span for name, span in found.spans.items() if name != OUTSIDE}
    assert {name: (span.count, span.min_ns, span.max_ns) for name, span in timings.items()} == {
        "app": (40, 1_500_000, 1_500_000),
        "infer": (40, 4_250_000, 4_250_000),
        "queue": (40, 0, 0),
        "total": (40, 6_125_000, 6_125_000),
    }
    assert (found.first_byte is not None) is first_byte


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_nothing_is_read_unless_it_is_asked_for(load: Load, driver: DriverName) -> None:
    """Without the load's wish there are no spans, whatever the server says."""
    with ScriptedServer(answer(telling(b"Server-Timing: app;dur=1"))) as server:
        found = measure(job_for(server.address, msgspec.structs.replace(load, server_timing=False), driver=driver))
    assert found.spans is None


def test_a_server_that_says_nothing_has_no_spans(driver: DriverName) -> None:
    """Asked for and not told: none, which is not the same as not asked."""
    with ScriptedServer(answer(ANSWER)) as server:
        assert measure(job_for(server.address, LOADS[0], driver=driver)).spans == {}


def every_other(timings: bytes, untold: bytes) -> Script:
    """A server that answers in turn."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            await visit.send(timings if visit.server.requests % 2 else untold)

    return script


def test_an_answer_keeps_no_span_of_the_one_before(driver: DriverName) -> None:
    """Of answers in turn on one connection, only those that say something are counted; wrong ones never are."""
    load = ClosedLoop(1, requests=40, server_timing=True)
    for untold in (ANSWER, telling(b"Server-Timing: app;dur=9").replace(b"200 OK", b"500 No")):
        with ScriptedServer(every_other(telling(b"Server-Timing: app;dur=1"), untold)) as server:
            found = measure(job_for(server.address, load, driver=driver))
        assert found.spans is not None
        assert (found.spans["app"].count, found.spans["app"].max_ns) == (20, 1_000_000)


def test_interim_answers_tell_nothing() -> None:
    """An early hint's times are not of the answer."""
    hint = b"HTTP/1.1 103 Early Hints\r\nServer-Timing: app;dur=500\r\n\r\n"
    with ScriptedServer(answer(hint + telling(b"Server-Timing: app;dur=1"))) as server:
        found = measure(job_for(server.address, LOADS[0]))
    assert found.spans is not None
    assert found.spans["app"].max_ns == 1_000_000


def test_a_mix_has_the_spans_of_all_its_calls(driver: DriverName) -> None:
    """Several calls are read as one is."""
    calls = (Call(Workload("/a"), RIGHT), Call(Workload("/b"), RIGHT))
    with ScriptedServer(answer(telling(b"Server-Timing: app;dur=1"))) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver, calls=calls))
    assert found.spans is not None
    assert found.spans["app"].count == 40


@pytest.mark.parametrize(
    "header",
    [
        b"Server-Timing: ;;;,,,=,dur=1", b"Server-Timing: app", b"Server-Timing: app;dur=", b"Server-Timing: app;dur=x",
        b"Server-Timing: app;dur=-1", b"Server-Timing: app;dur=1e9", b"Server-Timing: app;dur=nan",
        b"Server-Timing: app;dur=99999999999999999999", b'Server-Timing: app;desc="',
        b"Server-Timing: a b;dur=1", b"Server-Timing: " + b"a;dur=1," * 5000, b"X-Process-Time: soon",
        b"X-Process-Time: 1,2",
        b"Server-Timing: \xff\xfe;dur=1",
    ],
)  # fmt: skip
def test_malformed_headers_are_ignored(header: bytes, driver: DriverName) -> None:
    """The answer is right all the same, and no span comes of them."""
    with ScriptedServer(answer(telling(header))) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver))
    assert (found.outcomes, found.spans) == ({"ok": 40}, {})


def test_a_server_of_endless_names_fills_nothing(driver: DriverName) -> None:
    """Only so many names are kept, however many a server makes up."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            await visit.send(telling(b"Server-Timing: n%d;dur=1" % visit.server.requests))

    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver))
    assert found.spans is not None
    assert len(found.spans) == MOST_NAMES


@pytest.mark.parametrize(
    ("timings", "spans"),
    [
        (b"cache, db;dur=53, app;dur=47.2", {"db": 53_000_000, "app": 47_200_000}),
        (b'cache;desc="Cache, read; dur=9";dur=23.2', {"cache": 23_200_000}),
        (b'db;DUR="1.5";desc=x', {"db": 1_500_000}),
        (b"Infer;dur=1,infer;dur=2", {"infer": 3_000_000}),
        (b"app;dur=1.", {"app": 1_000_000}),
        (b"=2.5", {"total": 2_500_000}),
        (b"total;dur=9,=2.5", {"total": 2_500_000}),
    ],
)
def test_the_grammar_of_the_header(timings: bytes, spans: dict[str, int]) -> None:
    """Entries, parameters and quoted texts are told apart; the same name twice adds up."""
    assert spans_ns(timings) == spans


@given(st.lists(st.tuples(st.sampled_from([b"Server-Timing", b"X-Process-Time", b"Other"]), st.binary(max_size=300))))
def test_no_header_breaks_the_reader(headers: list[tuple[bytes, bytes]]) -> None:
    """Whatever stands in them, what is kept is bounded and what is read are durations."""
    timings = b""
    for name, value in headers:
        timings = add_timing_header(timings, name, value)
    assert len(timings) <= MOST_BYTES + len(headers)
    assert all(span_ns >= 0 for span_ns in spans_ns(timings).values())
