"""Suites as they are read from TOML."""

from __future__ import annotations

import pytest

from benchmarks.catalog import read_suite, suite_names
from benchmarks.fields import FieldError
from benchmarks.stacks import registered_stacks
from benchmarks.suite import ClosedLoop
from benchmarks.suite_file import parse_suite

GOOD = """
summary = "s"
baseline = "a"
stacks = ["a", "b"]
[[scenario]]
name = "wait-{connections}"
path = "/slow-io?delay=0.1"
load = { connections = [1, 10], duration_s = 2, warmup_s = 0.5, warmup_rounds = 2 }
[[scenario]]
name = "post"
method = "post"
path = "/thing"
body = "x"
headers = { "Content-Type" = "text/plain" }
status = 201
check = "status"
load = { connections = 1, requests = 3 }
"""


def test_a_load_with_several_numbers_of_connections_becomes_several_scenarios() -> None:
    """A list of connections expands into one scenario each, named after its number."""
    suite = parse_suite("mine", GOOD)
    assert [scenario.name for scenario in suite.scenarios] == ["wait-1", "wait-10", "post"]
    assert suite.scenarios[1].load == ClosedLoop(10, duration_s=2.0, warmup_s=0.5, warmup_requests=20)
    assert suite.scenarios[1].load.metric == "rate"


def test_a_workload_keeps_method_headers_body_and_expectation() -> None:
    """Everything a request consists of survives the reading."""
    workload = parse_suite("mine", GOOD).scenarios[2].workloads[0]
    assert (workload.method, workload.target, workload.body) == ("POST", "/thing", b"x")
    assert (workload.headers, workload.status, workload.check) == (
        (("Content-Type", "text/plain"),),
        201,
        "status",
    )
    assert parse_suite("mine", GOOD).scenarios[2].load.metric == "time"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('summary = "s"', "summary = 3", "suite mine: summary: must be a text"),
        ('baseline = "a"', "", "suite mine: baseline: is missing"),
        ('summary = "s"', 'summary = "s"\nspeed = 1', "suite mine: speed: unknown field"),
        (
            "requests = 3",
            "requests = 0",
            "suite mine: scenario post: load: requests: must be a whole number from 1",
        ),
        ("requests = 3", "requests = 3, duration_s = 1", "load: exactly one of duration_s and requests"),
        ("[1, 10]", "[1, 0]", "load: connections: must be a whole number from 1 to 10000"),
        ("wait-{connections}", "wait", "name: needs {connections} or {rate} in it"),
        ("wait-{connections}", "post", "name: needs {connections} or {rate} in it"),
        ('name = "post"', 'name = "wait-1"', "suite mine: scenario wait-1: the name stands twice"),
        ("/thing", "thing", "path: must start with /"),
        ("/thing", "/th ing", "path: must start with / and hold visible ASCII only"),
        ('"post"\npath', '"CONNECT"\npath', "method: must be letters, and not CONNECT"),
        ('"Content-Type" =', '"Host" =', "headers.Host: not a header that a workload may set"),
        ('"text/plain"', '"a\\nb"', "headers.Content-Type: must be printable ASCII text"),
        ('check = "status"', 'check = "none"', "check: must be one of body, length, status"),
        ("status = 201", "status = 99", "status: must be a whole number from 200 to 599"),
        ("[[scenario]]", "[[scenario", "not valid TOML"),
    ],
)
def test_bad_suites_are_told_with_field_and_bound(old: str, new: str, told: str) -> None:
    """Each wrong field raises an error that names the suite, the scenario, the field and its bound."""
    text = GOOD.replace(old, new, 1) if old in GOOD else GOOD.replace(old.replace("\npath", ""), new, 1)
    if old.startswith('"post"'):
        text = GOOD.replace('method = "post"', 'method = "CONNECT"')
    assert text != GOOD
    with pytest.raises(FieldError) as raised:
        parse_suite("mine", text)
    assert told in str(raised.value)


@pytest.mark.parametrize("name", suite_names())
def test_every_built_in_suite_is_whole(name: str) -> None:
    """A built-in suite reads without error, names registered stacks only, and holds its baseline and a control."""
    suite = read_suite(name)
    known = registered_stacks()
    assert set(suite.stacks) <= set(known)
    assert suite.baseline in suite.stacks
    assert {known[stack].tier for stack in suite.stacks} & {"settings", "worker-class", "code"}


def test_the_classic_scenarios_are_the_five_that_were_published() -> None:
    """classic measures 1 x 0.5 s, 5 x 1.0 s, 10 x 1.0 s, 20 x 0.5 s and 50 x 0.3 s."""
    targets = [scenario.workloads[0].target.partition("?")[2] for scenario in read_suite("classic").scenarios]
    assert targets == [
        "delay=0.5&concurrent=1",
        "delay=1.0&concurrent=5",
        "delay=1.0&concurrent=10",
        "delay=0.5&concurrent=20",
        "delay=0.3&concurrent=50",
    ]


def test_an_unknown_suite_is_told_with_the_known_ones() -> None:
    """A name that is no suite and no .toml file raises an error that lists the suites."""
    with pytest.raises(FieldError, match="SUITE: 'fast' is none of classic, quick, waiting"):
        read_suite("fast")
    with pytest.raises(FieldError, match=r"SUITE: absent.toml: cannot be read"):
        read_suite("absent.toml")
