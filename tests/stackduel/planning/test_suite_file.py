"""Suites as they are read from TOML."""

from __future__ import annotations

from urllib.parse import parse_qs

import msgspec
import pytest

from stackduel.analysis.migration import tier_from
from stackduel.model.errors import FieldError
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, ServiceLevel, Workload
from stackduel.planning.registry import registered_stacks, variant_stacks
from stackduel.planning.suite_file import parse_suite
from stackduel.planning.suites_by_name import read_suite, suite_names

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
        ('summary = "s"', 'summary = "s"\nspeed = 1', "suite mine: speed: unknown field (known:"),
        ('summary = "s"', 'sumary = "s"', "suite mine: sumary: unknown field; did you mean summary?"),
        ("[[scenario]]", "[[scenarios]]", "suite mine: scenarios: unknown field; did you mean scenario? (known:"),
        (
            "requests = 3",
            "requests = 0",
            "suite mine: scenario post: load: requests: must be a whole number from 1",
        ),
        ("requests = 3", "requests = 3, duration_s = 1", "load: exactly one of duration_s and requests"),
        ("status = 201", 'published = { path = "/thing" }', "scenario post: published: path: must differ from that of"),
        (
            "status = 201",
            'published = { path = "/x", requests = 0 }',
            "published: requests: must be a whole number from 1",
        ),
        (
            'path = "/slow-io?delay=0.1"',
            'path = "/slow-io?delay=0.1"\npublished = { path = "/slow-io?delay=1" }',
            "published: only where the scenario has one path and its load a number of requests",
        ),
        ("[1, 10]", "[1, 0]", "load: connections: must be a whole number from 1 to 10000"),
        ("wait-{connections}", "wait", "name: needs {connections} or {rate} in it"),
        ("wait-{connections}", "post", "name: needs {connections} or {rate} in it"),
        ('name = "post"', 'name = "wait-1"', "suite mine: scenario wait-1: the name is used twice"),
        ("/thing", "thing", "path: must start with /"),
        ("/thing", "/th ing", "path: must start with / and hold visible ASCII only"),
        ('"post"\npath', '"CONNECT"\npath', "method: must be letters, digits and hyphens, and not CONNECT"),
        ('"Content-Type" =', '"Connection" =', "headers.Connection: not a header that a workload may set"),
        (
            '"Content-Type" =',
            '"Transfer-Encoding" =',
            "headers.Transfer-Encoding: not a header that a workload may set",
        ),
        ('"Content-Type" =', '"Tökén" =', "headers.Tökén: not a header that a workload may set"),
        ('"text/plain"', '"a\\nb"', "headers.Content-Type: must be printable ASCII text"),
        ('method = "post"', 'method = "pöst"', "method: must be letters, digits and hyphens, and not CONNECT"),
        ('body = "x"', 'body = "x"\nbodies = ["y"]', "bodies: cannot be combined with body"),
        (
            "warmup_rounds = 2",
            "rate = 5, warmup_rounds = 2",
            "load: warmup_rounds: only beside connections",
        ),
        ('baseline = "a"', 'baseline = "a"\nblocks = 1001', "blocks: must be a whole number from 1 to 1000"),
        ('baseline = "a"', 'baseline = "a"\nblocks = 5\nprecision = 0', "precision: must be a number from 0.001 to 1"),
        (
            'baseline = "a"',
            'baseline = "a"\nblocks = 9\nprecision = 0.1\nmost_blocks = 8',
            "most_blocks: must be a whole number from 9 to 1000",
        ),
        ('baseline = "a"', 'baseline = "a"\nblocks = 4\nprecision = 0.1', "blocks: a pilot takes at least 5"),
        ('baseline = "a"', 'baseline = "a"\nblocks = 5\nmost_blocks = 9', "most_blocks: needs a precision"),
        ('baseline = "a"', 'baseline = "a"\nmemory_mib = 63', "memory_mib: must be a whole number from 64 to 1048576"),
        ('baseline = "a"', 'baseline = "a"\nvictim = "health"', "suite mine: victim: must start with /"),
        ('check = "status"', 'check = "none"', "check: must be one of content, body, length, status"),
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


def test_a_claim_names_scenarios_of_its_suite() -> None:
    """A claim on a scenario that is not there would be judged by nobody."""
    claim = '[[claim]]\ntext = "c"\nstack = "b"\nbaseline = "a"\nlow = 2\nhigh = 3\nscenarios = ["absent"]\n'
    with pytest.raises(FieldError, match="suite mine: claim: scenarios: absent is not among its scenarios"):
        parse_suite("mine", GOOD + claim)


def test_the_classic_claims_are_those_that_were_published() -> None:
    """1, 5, 10, 20 and 50 times for each of the two async stacks, within 10 %."""
    claims = read_suite("classic").claims or ()
    for stack in ("quart-hypercorn", "fastapi-uvicorn"):
        own = {each.scenarios[0]: (each.low, each.high) for each in claims if each.stack == stack}
        published = {"baseline": 1, "low": 5, "medium": 10, "high": 20, "stress": 50}
        assert own == {name: pytest.approx((0.9 * times, 1.1 * times)) for name, times in published.items()}


@pytest.mark.parametrize("name", suite_names())
def test_every_built_in_suite_is_whole(name: str) -> None:
    """A built-in suite reads without error, names known stacks only, and holds its baseline and a control."""
    suite = read_suite(name)
    known = registered_stacks()
    known |= variant_stacks(suite, known)
    assert set(suite.stacks) <= set(known)
    assert suite.baseline in suite.stacks
    about = {stack: known[stack].facts(2) for stack in suite.stacks}
    tiers = {tier_from(about[stack], about[suite.baseline]) for stack in suite.stacks if stack != suite.baseline}
    # Flask has no WebSockets, so the least change from one async framework is another server.
    assert tiers & ({"server"} if name == "websocket" else {"settings", "worker-class", "code"})


def test_the_classic_scenarios_are_the_five_that_were_published() -> None:
    """classic names 1 x 0.5 s, 5 x 1.0 s, 10 x 1.0 s, 20 x 0.5 s and 50 x 0.3 s, and measures a tenth of each."""
    scenarios = read_suite("classic").scenarios
    published = [scenario.published.target for scenario in scenarios if scenario.published]
    targets = [target.partition("?")[2] for target in published]
    for scenario, target in zip(scenarios, published, strict=True):
        scaled, full = (parse_qs(each.partition("?")[2]) for each in (scenario.workloads[0].target, target))
        assert scaled["concurrent"] == full["concurrent"]
        assert float(scaled["delay"][0]) == pytest.approx(float(full["delay"][0]) / 10)
    assert targets == [
        "delay=0.5&concurrent=1",
        "delay=1.0&concurrent=5",
        "delay=1.0&concurrent=10",
        "delay=0.5&concurrent=20",
        "delay=0.3&concurrent=50",
    ]


def test_an_unknown_suite_is_told_with_the_known_ones() -> None:
    """A name that is no suite and no .toml file raises an error that lists the suites."""
    with pytest.raises(FieldError, match="SUITE: 'fast' is none of batching, breaking-point, classic, "):
        read_suite("fast")
    with pytest.raises(FieldError, match=r"SUITE: absent.toml: cannot be read"):
        read_suite("absent.toml")


def only(body: str) -> str:
    """A suite of one scenario of that body."""
    return f'summary = "s"\nbaseline = "a"\nstacks = ["a"]\n[[scenario]]\n{body}'


def test_a_rate_makes_an_open_loop() -> None:
    """Every setting of an open loop can be said, and what is not said has its default."""
    said = 'load = { rate = 12.5, duration_s = 4, arrivals = "poisson", connections = 9, warmup_s = 1, '
    text = only(f'name = "x"\npath = "/x"\n{said}stable_within_s = 8, first_byte = true }}')
    (scenario,) = parse_suite("mine", text).scenarios
    assert scenario.load == OpenLoop(12.5, 4.0, "poisson", 9, 1.0, 8.0, first_byte=True)
    assert scenario.load.metric == "time"
    plain = only('name = "x"\npath = "/x"\nload = { rate = 100, duration_s = 2 }')
    assert parse_suite("mine", plain).scenarios[0].load == OpenLoop(100.0, 2.0, "constant", 256)


def test_several_rates_and_connections_make_a_scenario_each() -> None:
    """Every rate at every number of connections, all told apart by their names."""
    text = only(
        'name = "at-{rate}-over-{connections}"\npath = "/x"\n'
        "load = { rate = [0.5, 1000.0], connections = [1, 2], duration_s = 2 }"
    )
    scenarios = parse_suite("mine", text).scenarios
    assert [scenario.name for scenario in scenarios] == [
        "at-0.5-over-1",
        "at-1000-over-1",
        "at-0.5-over-2",
        "at-1000-over-2",
    ]
    for scenario in scenarios:
        assert isinstance(scenario.load, OpenLoop)
        assert scenario.name == f"at-{scenario.load.rate_rps:g}-over-{scenario.load.connections}"


@pytest.mark.parametrize(
    ("load", "told"),
    [
        ("rate = 0", "load: rate: must be a number from 0.01 to 1000000"),
        ("rate = 0.1", "load: rate: must let at least one request arrive within duration_s"),
        ("rate = 1e6, duration_s = 11", "load: rate: at most 10000000 requests may arrive within duration_s"),
        ("rate = 5, requests = 3", "load: requests: only beside connections; a load with a rate lasts duration_s"),
        ("rate = 5, duration_s = 0", "load: duration_s: must be a number from 0.05 to 86400"),
        ('rate = 5, arrivals = "bursts"', "load: arrivals: must be one of constant, poisson"),
        ("rate = 5, connections = 0", "load: connections: must be a whole number from 1 to 10000"),
        ("rate = []", "load: rate: must be a number from 0.01"),
        ("rate = [1, 1]", "load: rate: 1 is given twice"),
        ("rate = [1, 2]", "name: needs {connections} or {rate} in it to distinguish its loads"),
        ("rate = 5, first_byte = 2", "load: first_byte: must be one of True, False"),
    ],
)
def test_bad_open_loops_are_told_with_field_and_bound(load: str, told: str) -> None:
    """A request that could not be sent, or would be nothing, is refused by name."""
    duration = "" if "duration_s" in load else ", duration_s = 5"
    with pytest.raises(FieldError) as raised:
        parse_suite("mine", only(f'name = "x"\npath = "/x"\nload = {{ {load}{duration} }}'))
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "load",
    [
        ClosedLoop(3, requests=9),
        ClosedLoop(3, 2.0, None, 0.5, 6, 1.5, first_byte=True),
        OpenLoop(12.5, 2.0, "poisson", 9, 0.5, 4.0, first_byte=True),
    ],
)
def test_a_load_comes_back_from_its_document(load: ClosedLoop | OpenLoop) -> None:
    """Of its own kind, with all of its fields; another kind or type is refused."""
    content = msgspec.to_builtins(load)
    assert msgspec.convert(content, Load) == load
    assert content["kind"] == ("open" if isinstance(load, OpenLoop) else "closed")
    for wrong in ({**content, "kind": "half"}, {**content, "connections": "1"}, {}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, Load)


MIX = """name = "mix"
load = { connections = 1, duration_s = 2 }
[[scenario.request]]
path = "/read"
weight = 9
[[scenario.request]]
path = "/write"
method = "POST"
bodies = ["one", "zwei", "drei \u00e4"]
headers = { Accept = "text/plain" }
status = 201
check = "length"
"""


def test_a_mix_holds_each_request_and_its_bodies_share_its_weight() -> None:
    """Several bodies are a workload each, alike in all else; in the order of the file."""
    (scenario,) = parse_suite("mine", only(MIX)).scenarios
    written = Workload("/write", "POST", (("Accept", "text/plain"),), b"one", 201, "length")
    assert scenario.workloads[0] == Workload("/read", weight=27)
    assert scenario.workloads[1] == written
    assert {workload.weight for workload in scenario.workloads[1:]} == {1}, "9 to 1, whatever the number of bodies"
    assert [workload.body for workload in scenario.workloads[1:]] == [b"one", b"zwei", "drei ä".encode()]
    assert scenario.label == "GET /read, POST /write, POST /write, POST /write"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("weight = 9", "weight = 0", "scenario mix: request 1: weight: must be a whole number from 1 to 1000"),
        ("weight = 9", 'weight = 9\nname = "r"', "scenario mix: request 1: name: unknown field"),
        ('"zwei"', '""', "scenario mix: request 2: bodies: must be a list of texts"),
        ('path = "/read"', "", "scenario mix: request 1: path: is missing"),
        ("load =", 'path = "/x"\nload =', "scenario mix: path: unknown field"),
        ('"one"', '"one", ' + ", ".join(f'"{n}"' for n in range(97)), "scenario mix: request: at most 100 requests"),
    ],
)
def test_bad_mixes_are_told_with_the_number_of_the_request(old: str, new: str, told: str) -> None:
    """A mistake in a request is told with the scenario and which of its requests it is."""
    with pytest.raises(FieldError) as raised:
        parse_suite("mine", only(MIX.replace(old, new, 1)))
    assert told in str(raised.value)


def test_several_bodies_need_no_mix() -> None:
    """A scenario of one path may have them, too."""
    text = only(
        'name = "x"\npath = "/x"\nmethod = "PUT"\nbodies = ["a", "b"]\nload = { connections = 1, requests = 2 }'
    )
    workloads = parse_suite("mine", text).scenarios[0].workloads
    assert [(each.method, each.body, each.weight) for each in workloads] == [("PUT", b"a", 1), ("PUT", b"b", 1)]


def test_a_victim_is_the_suites_unless_a_scenario_names_its_own() -> None:
    """With ``false`` it has none; only the status of its answers counts."""
    load = "load = { connections = 1, requests = 2 }"
    scenarios = [
        f'[[scenario]]\nname = "{name}"\npath = "/x"\n{own}\n{load}'
        for name, own in (("suites", ""), ("own", 'victim = "/mine"'), ("none", "victim = false"))
    ]
    text = 'summary = "s"\nbaseline = "a"\nstacks = ["a"]\nvictim = "/health"\n' + "\n".join(scenarios)
    victims = {scenario.name: scenario.victim for scenario in parse_suite("mine", text).scenarios}
    assert victims == {
        "suites": Workload("/health", check="status"),
        "own": Workload("/mine", check="status"),
        "none": None,
    }


def test_a_precision_makes_the_blocks_a_pilot() -> None:
    """Up to as many as are allowed; without a word on these, none are added."""
    head = "blocks = 6\nprecision = 0.05\nmost_blocks = 40\n"
    suite = parse_suite("mine", head + GOOD)
    assert (suite.blocks, suite.precision, suite.most_blocks) == (6, 0.05, 40)
    assert parse_suite("mine", "blocks = 6\nprecision = 0.05\n" + GOOD).most_blocks == 6
    plain = parse_suite("mine", GOOD)
    assert (plain.blocks, plain.precision, plain.most_blocks) == (1, None, 1)
    assert plain.with_blocks(7).blocks == 7


@pytest.mark.parametrize("name", suite_names())
def test_every_built_in_scenario_says_what_it_is_for(name: str) -> None:
    """A suite and each of its scenarios has a summary, and a pilot has blocks enough for an interval."""
    suite = read_suite(name)
    assert suite.summary
    assert all(scenario.summary for scenario in suite.scenarios)
    assert suite.precision is None or suite.most_blocks > suite.blocks >= 5


def test_what_a_suite_of_models_asks_for_is_read() -> None:
    """Shared cores, models alone, a duel, memory, and what every stack is expected to keep."""
    asked = 'shared_cores = true\nisolated = true\nduel = ["a", "b"]\nmemory_mib = 2048\n'
    suite = parse_suite("s", f"{asked}{GOOD}sla = {{ p99_ms = 100, infer_p99_ms = 10 }}\n")
    assert (suite.shared_cores, suite.isolated, suite.duel, suite.memory_mib) == (True, True, ("a", "b"), 2048)
    assert suite.scenarios[-1].sla == (ServiceLevel("p99_ms", 100.0), ServiceLevel("infer_p99_ms", 10.0))
    plain = parse_suite("s", GOOD)
    assert (plain.shared_cores, plain.isolated, plain.duel, plain.scenarios[0].sla) == (False, False, (), ())
    assert plain.memory_mib == 1024


@pytest.mark.parametrize("pair", ['["a"]', '["a", "a"]', '["a", "b", "c"]'])
def test_a_duel_is_between_two(pair: str) -> None:
    """Different ones."""
    with pytest.raises(FieldError, match="suite s: duel: must be two different stacks"):
        parse_suite("s", f"duel = {pair}\n{GOOD}")


def test_the_models_of_a_suite_are_named_once() -> None:
    """In the order of its scenarios."""
    assert read_suite("speech").models == ("fast-cnn",)
    assert read_suite("batching").models == ("speaker", "fast-cnn")
    assert read_suite("quick").models == ()
