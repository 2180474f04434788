"""Every stack, really served, over a downstream that fails in every way it can."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from stackduel_servers.registry import StackEntry
from tests.contract import scripted
from tests.contract.conftest import DOWNSTREAM_TIMEOUT_S
from tests.contract.scripted import ScriptedDownstream
from tests.contract.served import Served
from tests.contract.together import of_all
from tests.contract.wire import WireAnswer, ask

NO_ANSWER = b'{"error":"downstream sent no valid answer"}'
FAILURES = {
    scripted.STATUS_500: b'{"error":"downstream answered with status 500"}',
    scripted.STATUS_404: b'{"error":"downstream answered with status 404"}',
    scripted.REDIRECT: b'{"error":"downstream answered with status 302"}',
    scripted.GARBAGE: NO_ANSWER,
    scripted.TRUNCATED: NO_ANSWER,
    scripted.CLOSED: NO_ANSWER,
}


@pytest.mark.parametrize("concurrent", [1, 3])
@pytest.mark.parametrize("delay", FAILURES)
def test_a_failing_downstream_is_502(delay: str, concurrent: int, served: Served) -> None:
    """A status other than 200, and anything that is no whole HTTP answer, is 502 with the same sentence everywhere."""
    answer = ask(served.port, f"/benchmark/io-test?delay={delay}&concurrent={concurrent}")
    assert (answer.status, answer.body) == (502, FAILURES[delay])
    assert answer.header("Content-Type") == "application/json"
    assert "io;dur=" in (answer.header("Server-Timing") or "")


@pytest.fixture(scope="module")
def silence(fleet: Mapping[str, Served]) -> Mapping[str, Future[dict[int, tuple[WireAnswer, float]]]]:
    """Return each stack's answer over a silent downstream, by the number of calls at once, and how long that takes."""
    return of_all(over_silence, fleet, at_once=len(fleet))


def over_silence(_entry: StackEntry, served: Served) -> dict[int, tuple[WireAnswer, float]]:
    """The answer for one call, and for three at once."""
    found = {}
    for concurrent in (1, 3):
        started_s = time.monotonic()
        answer = ask(served.port, f"/benchmark/io-test?delay={scripted.SILENT}&concurrent={concurrent}")
        found[concurrent] = answer, time.monotonic() - started_s
    return found


@pytest.mark.parametrize("concurrent", [1, 3])
def test_a_silent_downstream_is_504(
    concurrent: int, entry: StackEntry, silence: Mapping[str, Future[dict[int, tuple[WireAnswer, float]]]]
) -> None:
    """A downstream that does not answer within the delay and the allowance is 504, as soon as that is over."""
    answer, took_s = silence[entry.name].result()[concurrent]
    assert answer.status == 504
    assert answer.body == b'{"error":"downstream too slow: no answer within delay + 3 s"}'
    assert float(DOWNSTREAM_TIMEOUT_S) <= took_s < float(DOWNSTREAM_TIMEOUT_S) + 4.5


def test_an_absent_downstream_is_502(entry: StackEntry, served: Served, downstream: ScriptedDownstream) -> None:
    """With nobody listening it is 502; once somebody listens again, calls succeed again."""
    target = "/benchmark/io-test?delay=0.001&concurrent=2"
    assert ask(served.port, target).status == 200
    with downstream.away():
        answer = ask(served.port, target)
        assert (answer.status, answer.body) == (502, b'{"error":"downstream unreachable"}'), entry.name
    assert ask(served.port, target).status == 200
