"""The clients of the IO backend, over real connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import copy_context

import pytest

from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.downstream_blocking import BlockingDownstream, FanOutDownstream
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.settings import Settings
from stackduel_servers.core.timing import Timing, current_timing
from tests.contract import scripted
from tests.contract.scripted import ScriptedDownstream, scripted_downstream

DELAY_S = 0.05
CALLS = 8
Call = Callable[[float, int], int]


@pytest.fixture
def backend() -> Iterator[ScriptedDownstream]:
    """A backend of the test's own."""
    with scripted_downstream() as running:
        yield running


@pytest.fixture(params=["in turn", "fan-out", "async"])
def client(request: pytest.FixtureRequest, backend: ScriptedDownstream) -> Iterator[tuple[str, Call]]:
    """Each client in turn, to be called as if all were blocking."""
    settings = Settings(f"http://127.0.0.1:{backend.port}", downstream_timeout_s=0.3)
    with ExitStack() as stack:
        if request.param == "async":
            runner = stack.enter_context(asyncio.Runner())
            downstream = AsyncDownstream(settings)
            runner.run(downstream.__aenter__())
            stack.callback(lambda: runner.run(downstream.__aexit__(None, None, None)))
            yield (
                request.param,
                lambda delay_s, calls: runner.run(downstream.call(delay_s, calls), context=copy_context()),
            )
        else:
            kind = BlockingDownstream if request.param == "in turn" else FanOutDownstream
            yield request.param, stack.enter_context(kind(settings)).call


def test_calls_one_after_another_or_all_at_once(client: tuple[str, Call]) -> None:
    """Only the plain blocking client takes as long as all its calls together."""
    name, call = client
    started_s = time.monotonic()
    assert call(DELAY_S, CALLS) == CALLS
    took_s = time.monotonic() - started_s
    assert took_s >= DELAY_S * (CALLS if name == "in turn" else 1)
    assert name == "in turn" or took_s < DELAY_S * CALLS


def test_connections_are_used_again(client: tuple[str, Call], backend: ScriptedDownstream) -> None:
    """Ten rounds of calls open no more connections than one round."""
    name, call = client
    for _ in range(10):
        call(0.01, CALLS)
    assert backend.accepted <= (1 if name == "in turn" else CALLS)


@pytest.mark.parametrize("kind", [AsyncDownstream, BlockingDownstream, FanOutDownstream])
def test_a_client_for_each_call_opens_a_connection_each(
    kind: type[AsyncDownstream] | type[BlockingDownstream], backend: ScriptedDownstream
) -> None:
    """Unless the settings pool, nothing is left over for the next call."""
    settings = Settings(f"http://127.0.0.1:{backend.port}", pools_downstream=False)

    async def calls(downstream: AsyncDownstream) -> None:
        async with downstream:
            for _ in range(3):
                await downstream.call(0.0, 2)

    downstream = kind(settings)
    if isinstance(downstream, AsyncDownstream):
        asyncio.run(calls(downstream))
    else:
        with downstream:
            for _ in range(3):
                downstream.call(0.0, 2)
    assert backend.accepted == 6


def test_calls_are_io(client: tuple[str, Call]) -> None:
    """The time of the calls is reported as ``io``, and overlapping calls count once."""
    _, call = client
    timing = Timing()
    token = current_timing.set(timing)
    started_s = time.perf_counter()
    call(0.01, 4)
    took_s = time.perf_counter() - started_s
    current_timing.reset(token)
    assert 0.01 <= timing.spans_s["io"] <= took_s


def test_one_failure_among_many_is_the_failure(client: tuple[str, Call]) -> None:
    """One failed call fails the whole, and the client works afterwards."""
    _, call = client
    with pytest.raises(HttpError) as error:
        call(float(scripted.STATUS_500), CALLS)
    assert (error.value.status, error.value.message) == (502, "downstream answered with status 500")
    assert call(0.001, 2) == 2


def test_the_allowance_comes_on_top_of_the_delay(client: tuple[str, Call]) -> None:
    """A call may take its delay plus the allowance, for any delay."""
    _, call = client
    assert call(0.5, 1) == 1
    with pytest.raises(HttpError) as error:
        call(float(scripted.SILENT), 1)
    assert (error.value.status, error.value.message) == (
        504,
        "downstream too slow: no answer within delay + 0.3 s",
    )
