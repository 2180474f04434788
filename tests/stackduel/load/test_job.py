"""Jobs: through JSON without loss, to the driver that can carry them out, as the bytes that they describe."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.drivers.framing import ends_with_the_connection
from stackduel.load.drivers.request_head import request_bytes
from stackduel.load.job import Call, Job, choose_driver
from stackduel.model.driver import DriverName
from stackduel.model.expected_content import ExpectedContent, VaryingPlace
from stackduel.model.measurement import Expectation
from stackduel.model.model_input import ModelInput as Recipe
from stackduel.model.model_output import Numbers
from stackduel.model.suite import ClosedLoop, OpenLoop, Workload
from stackduel.model.target import Address

HERE = Address("127.0.0.1", 8001)

WORKLOADS = st.builds(
    Workload,
    target=st.text(),
    method=st.sampled_from(["GET", "POST"]),
    headers=st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
    body=st.binary(),
    status=st.integers(200, 599),
    check=st.sampled_from(["content", "body", "length", "status", "numbers"]),
    weight=st.integers(1, 1000),
    model=st.none() | st.text(max_size=5),
    given=st.none() | st.builds(Recipe, st.sampled_from(["wav", "text"]), st.none() | st.integers(1, 9)),
    served_as=st.none() | st.text(max_size=5),
    tolerance=st.none() | st.floats(0, 1),
    ignore=st.none() | st.lists(st.text(max_size=5)).map(tuple),
)
CONTENTS = st.builds(
    ExpectedContent,
    st.text(max_size=5),
    st.text(max_size=5),
    st.lists(st.text(max_size=5)).map(tuple),
    st.lists(st.builds(VaryingPlace, st.text(max_size=5), st.lists(st.just("null")).map(tuple))).map(tuple),
)
NUMBERS = st.builds(
    Numbers,
    st.sampled_from(["json", "float32", "kserve", "grpc"]),
    st.floats(0, 1),
    st.lists(
        st.tuples(st.text(max_size=5), st.lists(st.floats(allow_nan=False), max_size=4).map(tuple)), max_size=3
    ).map(tuple),
)
CALLS = st.builds(
    Call,
    WORKLOADS,
    st.builds(
        Expectation,
        st.integers(200, 599),
        st.none() | st.integers(0, 10_000),
        st.none() | st.binary(),
        st.none() | NUMBERS,
        st.none() | CONTENTS,
    ),
)
JOBS = st.builds(
    Job,
    address=st.builds(Address, st.text(max_size=30), st.integers(1, 65_535), st.booleans(), st.text(max_size=5)),
    calls=st.lists(CALLS, min_size=1, max_size=3).map(tuple),
    load=st.builds(ClosedLoop, st.integers(1, 10_000), requests=st.none() | st.integers(1, 10_000))
    | st.builds(OpenLoop, st.floats(0.1, 1e6), st.floats(0.1, 1e4), st.sampled_from(["constant", "poisson"])),
    timeout_s=st.floats(0.1, 100),
    driver=st.sampled_from(get_args(DriverName)),
    seed=st.integers(),
    victim=st.none() | CALLS,
)


@given(JOBS)
def test_a_job_survives_json(job: Job) -> None:
    """A shard reads what the engine sends, whatever bytes and letters are in it."""
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_several_calls_have_labels_of_their_own() -> None:
    """Calls of the same request are numbered from the second on, and a single call needs no label."""
    calls = tuple(Call(Workload(target), Expectation(200)) for target in ("/a", "/b", "/a", "/a"))
    job = Job(HERE, calls, ClosedLoop(1, requests=1))
    assert job.labels == ("GET /a", "GET /b", "GET /a #2", "GET /a #3")
    assert Job(HERE, calls[:1], ClosedLoop(1, requests=1)).labels == ()


@pytest.mark.parametrize(
    ("address", "workload", "driver", "why"),
    [
        (HERE, Workload("/"), "raw", "plain HTTP/1.1"),
        (HERE, Workload("/", "POST", body=b"x"), "raw", "plain HTTP/1.1"),
        (Address("example.org", 443, tls=True), Workload("/"), "aiohttp", "TLS"),
        (HERE, Workload("/", "HEAD"), "aiohttp", "HEAD"),
        (HERE, Workload("/", headers=(("Expect", "100-continue"),)), "aiohttp", "Expect"),
        (HERE, Workload("/inference.GRPCInferenceService/ModelInfer", "POST"), "grpc", "gRPC"),
    ],
)
def test_the_driver_is_the_cheapest_that_can(
    address: Address, workload: Workload, driver: DriverName, why: str
) -> None:
    """Only what the raw client cannot speak goes to the other, and the reason is told."""
    chosen, reason = choose_driver(address, [workload])
    assert chosen == driver
    assert why in reason


def test_a_request_as_it_goes_over_the_wire() -> None:
    """A request is its line, its host, its own headers, the defaults that it does not replace, and its body."""
    assert request_bytes(HERE, Workload("/json?items=3")) == (
        b"GET /json?items=3 HTTP/1.1\r\nHost: 127.0.0.1:8001\r\nAccept: */*\r\nUser-Agent: stackduel\r\n\r\n"
    )
    post = Workload("/infer", "POST", (("user-agent", "mine"), ("X-A", "b")), b"\x00\xff")
    assert request_bytes(Address("::1", 80), post) == (
        b"POST /infer HTTP/1.1\r\nHost: [::1]\r\nuser-agent: mine\r\nX-A: b\r\nAccept: */*\r\n"
        b"Content-Length: 2\r\n\r\n\x00\xff"
    )


@pytest.mark.parametrize("workload", [Workload("/\r\nX: y"), Workload("/", headers=(("X", "a\r\nY: b"),))])
def test_a_request_cannot_break_out_of_its_lines(workload: Workload) -> None:
    """Line breaks in a target or header are refused, as they would make another request of it."""
    with pytest.raises(ValueError, match="printable"):
        request_bytes(HERE, workload)


@pytest.mark.parametrize(
    ("start", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nsome body", True),
        (b"HTTP/1.0 200 OK\r\n\r\nbody", True),
        (b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody", True),
        (b"HTTP/1.1 103 Early\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody", False),
        (b"garbage", False),
    ],
)
def test_only_an_answer_without_a_length_ends_with_its_connection(start: bytes, complete: bool) -> None:
    """A closed connection completes an answer if its head is whole and tells no length, and else cuts it off."""
    assert ends_with_the_connection(start) is complete


def test_calls_of_one_group_are_counted_together() -> None:
    """Whatever their paths; a call of its own stays one, and weights may be shares."""
    one, other = Workload("/u/1"), Workload("/u/2", weight=3)
    right, load = Expectation.of(200, b"", "status"), ClosedLoop(1, requests=1)
    rows = tuple(Call(each, right, group="GET /u/{id}", weight=0.5) for each in (one, other))
    job = Job(HERE, (*rows, Call(other, right), Call(other, right)), load)
    assert job.labels == ("GET /u/{id}", "GET /u/2", "GET /u/2 #2")
    assert job.groups == (0, 0, 1, 2)
    assert [call.share for call in job.calls] == [0.5, 0.5, 3, 3]
    assert Job(HERE, rows, load).labels == ()
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job
