"""The dispatcher and its alarms: every moment once, in order, and never early."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

import pytest
import uvloop

from stackduel.load.clock import clock
from stackduel.load.drivers import dispatcher as dispatcher_module
from stackduel.load.drivers.dispatcher import Dispatcher
from stackduel.load.drivers.timer import Timer, _LoopTimer, precise_timer

Handed = list[tuple[float, float]]


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def runner(request: pytest.FixtureRequest) -> asyncio.Runner:
    """A runner on each event loop in turn."""
    return asyncio.Runner(loop_factory=request.param)


@pytest.fixture(params=[precise_timer, _LoopTimer], ids=["kernel", "loop"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], Timer]:
    """Each kind of timer in turn, which the dispatcher then uses, too."""
    monkeypatch.setattr(dispatcher_module, "precise_timer", request.param)
    made: Callable[[Callable[[], None]], Timer] = request.param
    return made


async def followed(moments_s: list[float], *, hold_s: float = 0.0) -> Handed:
    """When moments relative to now were handed out, relative to now."""
    handed: Handed = []
    done = asyncio.Event()

    def arrive(moment_s: float) -> None:
        handed.append((moment_s - begun_s, clock() - begun_s))
        if len(handed) == len(moments_s):
            done.set()

    begun_s = clock()
    dispatcher = Dispatcher(arrive)
    dispatcher.follow(begun_s + moment_s for moment_s in moments_s)
    time.sleep(hold_s)  # noqa: ASYNC251  (the loop is to be held up)
    async with asyncio.timeout(5):
        await done.wait()
    assert not dispatcher.going
    assert dispatcher.stop() == []
    return handed


@pytest.mark.usefixtures("kind")
def test_moments_are_handed_out_in_order_and_never_early(runner: asyncio.Runner) -> None:
    """Moments close together and far apart, on both loops, by both alarms."""
    moments_s = [0.0, 0.0001, 0.0002, 0.01, 0.0104, 0.0105, 0.1, 0.1002, 0.15]
    with runner:
        handed = runner.run(followed(moments_s))
    assert [intended for intended, _ in handed] == pytest.approx(moments_s, abs=1e-6)
    assert all(at >= intended for intended, at in handed)
    assert all(at - intended < 0.1 for intended, at in handed)


@pytest.mark.usefixtures("kind")
def test_what_fell_due_meanwhile_is_handed_out_at_once(runner: asyncio.Runner) -> None:
    """A process that was held up hands out all that it missed, each with the moment that was meant."""
    with runner:
        handed = runner.run(followed([0.01 * i for i in range(20)], hold_s=0.15))
    assert len(handed) == 20
    assert handed[0][1] < 0.1
    assert all(at >= 0.15 for intended, at in handed[1:] if intended < 0.15)


def test_new_moments_take_over_at_theirs(runner: asyncio.Runner) -> None:
    """Until the new schedule begins the former goes on; what it held for later is gone."""

    async def run() -> list[float]:
        handed: list[float] = []
        dispatcher = Dispatcher(lambda moment_s: handed.append(round(moment_s - begun_s, 6)))
        begun_s = clock()
        dispatcher.follow(begun_s + 0.02 * i for i in range(1, 1000))
        dispatcher.follow([begun_s + 0.05, begun_s + 0.055], begun_s + 0.05)
        async with asyncio.timeout(5):
            while dispatcher.going:  # noqa: ASYNC110  (nothing but time has to pass)
                await asyncio.sleep(0.001)
        return handed

    with runner:
        assert runner.run(run()) == [0.02, 0.04, 0.05, 0.055]


def test_a_stopped_dispatcher_tells_what_it_missed(runner: asyncio.Runner) -> None:
    """Moments that have passed come back from the stop; those to come are dropped, and nothing is handed out."""

    async def run() -> tuple[list[float], list[float]]:
        handed: list[float] = []
        dispatcher = Dispatcher(handed.append)
        begun_s = clock()
        dispatcher.follow([begun_s + 0.01, begun_s + 0.02, begun_s + 60.0])
        time.sleep(0.03)  # noqa: ASYNC251  (the loop is to be held up)
        missed = [round(moment_s - begun_s, 6) for moment_s in dispatcher.stop()]
        await asyncio.sleep(0.02)
        return missed, handed

    with runner:
        assert runner.run(run()) == ([0.01, 0.02], [])


@pytest.mark.skipif(sys.platform != "linux", reason="timers are files on Linux only")
def test_the_kernel_s_alarm_is_finer_than_the_loop_s(runner: asyncio.Runner) -> None:
    """Half of the moments between two milliseconds are met within half a millisecond, which uvloop's timers cannot."""

    async def run() -> Handed:
        return await followed([0.0123 + 0.0057 * i for i in range(40)])

    with runner:
        late_s = sorted(at - intended for intended, at in runner.run(run()))
    assert late_s[len(late_s) // 2] < 0.0005


def test_an_alarm_can_be_set_anew(runner: asyncio.Runner, kind: Callable[[Callable[[], None]], Timer]) -> None:
    """Only the last setting rings, and a closed timer does not."""

    async def run() -> list[float]:
        rang: list[float] = []
        begun_s = clock()
        once = kind(lambda: rang.append(clock() - begun_s))
        once.set(begun_s + 0.01)
        once.set(begun_s + 0.05)
        await asyncio.sleep(0.1)
        once.set(clock() + 0.01)
        once.close()
        await asyncio.sleep(0.03)
        return rang

    with runner:
        (rang_s,) = runner.run(run())
    assert rang_s == pytest.approx(0.05, abs=0.04)
