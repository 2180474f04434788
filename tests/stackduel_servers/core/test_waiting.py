"""Waits that are never too short."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from stackduel_servers.core import waiting
from stackduel_servers.core.timing import Timing, current_timing
from stackduel_servers.core.waiting import wait, wait_blocking
from stackduel_servers.downstream import loop_factory

TRIES = 5
FACTORIES = {"asyncio": asyncio.new_event_loop, "uvloop where there is one": loop_factory()}


@pytest.mark.parametrize("delay_s", [0.0, 0.0001, 0.0123, 0.05])
def test_blocking_waits_are_not_too_short(delay_s: float) -> None:
    """A wait ends only after its time has passed."""
    started_s = time.monotonic()
    wait_blocking(delay_s)
    assert time.monotonic() - started_s >= delay_s


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES)
def test_asynchronous_waits_are_not_too_short(factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """None of many simultaneous waits of different lengths is too short, on any loop."""

    async def measured(delay_s: float) -> float:
        started_s = time.monotonic()
        await wait(delay_s)
        return time.monotonic() - started_s - delay_s

    async def all_at_once() -> list[float]:
        return await asyncio.gather(*(measured(0.01 + number / 3700) for number in range(150)))

    medians_s = []
    for _ in range(TRIES):
        with asyncio.Runner(loop_factory=factory) as runner:
            over_s = runner.run(all_at_once())
        assert min(over_s) >= 0
        medians_s.append(sorted(over_s)[len(over_s) // 2])
        if medians_s[-1] < 0.05:
            return
    # A busy machine may stop the whole process for a second, but not each time.
    assert min(medians_s) < 0.05


def test_a_timer_that_fires_early_is_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait continues after an early timer, and never with a timer so short that it would spin."""
    asked: list[float] = []
    sleep = asyncio.sleep

    async def early(delay_s: float) -> None:
        asked.append(delay_s)
        await sleep(delay_s / 2)

    monkeypatch.setattr(asyncio, "sleep", early)
    started_s = time.monotonic()
    asyncio.run(wait(0.02))
    assert time.monotonic() - started_s >= 0.02
    assert len(asked) > 1
    assert min(asked) >= waiting.SHORTEST_TIMER_S


def test_waits_are_io() -> None:
    """The time of a wait is reported as ``io``."""
    timing = Timing()
    token = current_timing.set(timing)
    wait_blocking(0.01)
    asyncio.run(wait(0.01))
    current_timing.reset(token)
    assert timing.spans_s["io"] >= 0.02
