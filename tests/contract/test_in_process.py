"""Every application without a server, against far more requests than a real one is sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackduel.verify.contract.cases import BAD_CHATS, CASES, cases_for
from stackduel.verify.contract.differences import differences
from stackduel_servers.core import async_service
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.downstream_blocking import BlockingDownstream, FanOutDownstream
from tests.contract.in_process import MODULES, Call, Called, applications

BUILT = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

NAMES = st.sampled_from(["delay", "concurrent", "items", "d%65lay", "item%73", "delay+", "Delay", "x", "", "%", "%zz"])
VALUES = st.one_of(
    st.sampled_from(
        ["0", "1", "10", "100", "10000", "0.5", "10.0", "0.0001", "nan", "1e1", "-1", "+1", "%31", "1%2e5", ""]
    ),
    st.from_regex(r"[0-9]{1,7}(\.[0-9]{1,10})?", fullmatch=True),
    st.text(st.sampled_from("0123456789.+-e%2F;=#xX _").filter(lambda character: character not in " #"), max_size=8),
)
QUERIES = st.lists(st.tuples(NAMES, st.sampled_from(["=", "", "=="]), VALUES).map("".join), max_size=4).map("&".join)
SEGMENTS = st.sampled_from(
    ("", "json", "slow-io", "health", "infer", "infer/vad", "fast-cnn", "benchmark", "io-test", "benchmark/io-test",
     "docs", "JSON", ";x", ".", "..", "*", "js%6Fn", "json%3F", "%2F", "%0A", "%00", "%20", "%25", "%C3%A9", "%ff",
     "v1/chat/completions")
)  # fmt: skip
PATHS = st.lists(SEGMENTS, max_size=3).map(lambda segments: "/" + "/".join(segments))
METHODS = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT", "BREW"])


@pytest.fixture(scope="module")
def apps() -> Iterator[Mapping[str, Call]]:
    """Every application, with waits that take no time and a downstream that always succeeds."""

    async def succeed(self: object, delay_s: float, concurrent: int) -> int:
        return concurrent

    async def wait(delay_s: float) -> None:
        pass

    with pytest.MonkeyPatch.context() as patched, applications() as callers:
        patched.setattr(AsyncDownstream, "call", succeed)
        for kind in (BlockingDownstream, FanOutDownstream):
            patched.setattr(kind, "call", lambda self, delay_s, concurrent: concurrent)
        for module in (*MODULES, async_service):
            for name, instead in (("wait", wait), ("wait_blocking", lambda delay_s: None)):
                if hasattr(module, name):
                    patched.setattr(module, name, instead)
        yield callers


@pytest.mark.parametrize("name", [module.__name__.rpartition(".")[2] for module in MODULES])
def test_every_application_keeps_the_contract(name: str, apps: Mapping[str, Call]) -> None:
    """The application itself, whatever serves it, answers every case that needs no server's parser as it should."""
    cases = cases_for(name.partition("_")[0], own_errors=name == "fastapi_idiomatic")
    found = {}
    for case in cases:
        sent = (case.headers, case.body) if case in BAD_CHATS else ()
        answer = apps[name](case.method, case.target, *sent)
        found[case.name] = differences(case, answer.status, answer.headers, answer.body)
    assert not {name: wrong for name, wrong in found.items() if wrong}
    assert len(found) > len(CASES) * 0.9


@BUILT
@given(query=QUERIES, path=st.sampled_from(["/slow-io", "/json", "/benchmark/io-test"]))
def test_the_same_query_has_the_same_answer(query: str, path: str, apps: Mapping[str, Call]) -> None:
    """Whatever stands in the query, every application gives the same status, content type and body."""
    all_the_same(apps, "GET", f"{path}?{query}")


@BUILT
@given(method=METHODS, path=PATHS)
def test_the_same_path_and_method_have_the_same_answer(method: str, path: str, apps: Mapping[str, Call]) -> None:
    """Whatever path is asked for with whatever method, every application gives the same answer."""
    all_the_same(apps, method, f"{path}?items=0&delay=0")


def test_a_crash_is_the_same_500_everywhere(
    apps: Mapping[str, Call], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception that nobody expected is the same answer from every application, timed, and logged with its cause."""
    for module in (*MODULES, async_service):
        monkeypatch.setattr(module, "query", Broken(), raising=False)
        monkeypatch.setattr(module, "catalogue", Broken(), raising=False)
    for name, call in apps.items():
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            answer = call("GET", "/json?items=0")
        assert (answer.status, answer.body) == (500, b'{"error":"internal server error"}'), name
        assert {"X-Process-Time", "Server-Timing"} <= {header.title() for header, _ in answer.headers}, name
        assert "broken on purpose" in caplog.text, name


class Broken:
    """Whatever is done with it raises."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError("broken on purpose")

    def __call__(self, count: int) -> object:
        raise RuntimeError("broken on purpose")


def all_the_same(apps: Mapping[str, Call], method: str, target: str) -> None:
    """Every application's answer to the request is that of the first, wherever bodies are not its own."""
    expected = apps["flask_app"](method, target)
    for name, call in apps.items():
        if name == "aiohttp_app" and method == "BREW":  # its own server refuses what is no method, which is a 4xx, too
            continue
        answer = call(method, target)
        assert comparable(answer) == comparable(expected), name
        own = (name == "fastapi_idiomatic" and answer.status == 400) or b'"uptime_s"' in answer.body
        assert own or answer.body == expected.body, name


def comparable(answer: Called) -> tuple[int, str | None, str | None]:
    """Return the parts that must be the same in any case."""
    headers = {name.lower(): value for name, value in answer.headers}
    return answer.status, headers.get("content-type"), headers.get("allow")
