"""Where models run: every way gives the same result, measures the queue, and stops on request."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.inference.execution.batcher import BatchLimits
from stackduel_servers.core.inference.execution.inline import AsyncInline, BlockingInline
from stackduel_servers.core.inference.execution.pooled import AsyncPooled, BlockingPooled, shape_of
from stackduel_servers.core.inference.execution.threads import Threads
from stackduel_servers.core.settings import Settings
from tests.stackduel_servers.core.inference.fakes import FakeModels, given, length

LONG_S = 20.0


Argument = TypeVar("Argument")
Returned = TypeVar("Returned")


async def in_other_thread(function: Callable[[Argument], Returned], argument: Argument) -> Returned:
    """Run a function elsewhere, as a framework does."""
    return await asyncio.to_thread(function, argument)


async def after_a_while(function: Callable[[Argument], Returned], argument: Argument) -> Returned:
    """A framework whose threads are all busy for some time."""
    await asyncio.sleep(0.16)
    return function(argument)


def test_every_way_gives_the_same_result() -> None:
    """Inline runs in the caller's own thread, all others run in another."""
    here = threading.get_ident()
    models = FakeModels()

    async def asynchronous() -> list[int]:
        ways = (
            AsyncInline(models),
            Threads(models, in_other_thread, LONG_S),
            AsyncPooled(models, BatchLimits(1), LONG_S),
        )
        found = []
        for way in ways:
            models.threads.clear()
            result, queued_s = await way.run(given("four"))
            assert queued_s >= 0 or isinstance(way, AsyncPooled)
            assert (models.threads == {here}) == isinstance(way, AsyncInline)
            found.append(length(result))
            await way.close()
        return found

    assert asyncio.run(asynchronous()) == [4, 4, 4]
    for way in (BlockingInline(models), BlockingPooled(models, BatchLimits(1), LONG_S)):
        models.threads.clear()
        assert length(way.run(given("four"))[0]) == 4
        assert (models.threads == {here}) == isinstance(way, BlockingInline)
        way.close()


def test_a_failure_is_its_own_request_s() -> None:
    """One request of many fails; the others in its batch get their results."""
    models = FakeModels()
    bodies = ["x" * count for count in range(1, 40)] + ["broken"]

    def ask(text: str) -> int:
        try:
            return length(pooled.run(given(text))[0])
        except ValueError:
            return -1

    pooled = BlockingPooled(models, BatchLimits(2, 4), LONG_S)
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(ask, bodies)) == [*range(1, 40), -1]
    pooled.close()

    async def asynchronous() -> list[Any]:
        pooled = AsyncPooled(models, BatchLimits(2, 4), LONG_S)
        found = await asyncio.gather(*(pooled.run(given(text)) for text in bodies), return_exceptions=True)
        await pooled.close()
        return [each if isinstance(each, BaseException) else length(each[0]) for each in found]

    *good, broken = asyncio.run(asynchronous())
    assert good == list(range(1, 40))
    assert isinstance(broken, ValueError)


def test_a_full_queue_is_503_and_says_when_to_come_back() -> None:
    """Blocking and async give 503 with Retry-After."""
    models = FakeModels()
    models.go.clear()

    async def asynchronous() -> None:
        pooled = AsyncPooled(models, BatchLimits(1, 1, capacity=1), LONG_S)
        running = asyncio.create_task(pooled.run(given("a")))
        assert await asyncio.to_thread(models.began.wait, LONG_S)
        waiting = asyncio.create_task(pooled.run(given("b")))
        await asyncio.sleep(0)
        with pytest.raises(HttpError) as error:
            await pooled.run(given("c"))
        assert (error.value.status, error.value.headers) == (503, (("Retry-After", "1"),))
        assert error.value.message == "inference is full: 1 requests wait already"
        models.go.set()
        await asyncio.gather(running, waiting)
        await pooled.close()

    asyncio.run(asynchronous())
    assert models.batches == [[b"a"], [b"b"]]


@pytest.mark.parametrize("blocks", [True, False], ids=["blocking", "asynchronous"])
def test_a_deadline_is_504_and_what_has_not_begun_never_runs(*, blocks: bool) -> None:
    """The answer comes at the deadline, not after the model; the waiting request is removed from the queue."""
    models = FakeModels()
    models.go.clear()
    shape, timeout_s = BatchLimits(1), 0.15

    def blocking() -> None:
        pooled = BlockingPooled(models, shape, timeout_s)
        with ThreadPoolExecutor(2) as threads:
            for each in [threads.submit(pooled.run, given(text)) for text in ("a", "b")]:
                assert_too_slow(each.exception(LONG_S))
        models.go.set()
        pooled.close()

    async def asynchronous() -> None:
        pooled = AsyncPooled(models, shape, timeout_s)
        started_s = time.monotonic()
        for each in await asyncio.gather(*(pooled.run(given(text)) for text in "ab"), return_exceptions=True):
            assert_too_slow(each)
        assert time.monotonic() - started_s < 5
        models.go.set()
        await pooled.close()

    blocking() if blocks else asyncio.run(asynchronous())
    assert models.batches == [[b"a"]]


def assert_too_slow(error: object) -> None:
    """It is the 504."""
    assert isinstance(error, HttpError)
    assert (error.status, error.message) == (504, "inference too slow: no result within 0.15 s")


def test_a_request_whose_task_is_cancelled_never_runs() -> None:
    """A client that leaves before its turn costs nothing."""
    models = FakeModels()
    models.go.clear()

    async def asynchronous() -> None:
        pooled = AsyncPooled(models, BatchLimits(1), LONG_S)
        tasks = [asyncio.create_task(pooled.run(given(text))) for text in "abc"]
        assert await asyncio.to_thread(models.began.wait, LONG_S)
        tasks[1].cancel()
        await asyncio.wait([tasks[1]])
        models.go.set()
        assert length((await tasks[2])[0]) == 1
        await pooled.close()
        assert tasks[1].cancelled()
        await tasks[0]

    asyncio.run(asynchronous())
    assert models.batches == [[b"a"], [b"c"]]


def test_threads_of_the_framework_do_not_run_what_is_overdue() -> None:
    """A request that waits too long for a thread is 504 without a run."""
    models = FakeModels()

    async def asynchronous() -> None:
        with pytest.raises(HttpError) as error:
            await Threads(models, after_a_while, 0.15).run(given("a"))
        assert_too_slow(error.value)

    asyncio.run(asynchronous())
    assert models.batches == []


def test_what_comes_after_the_end_is_503() -> None:
    """A stopping service accepts no request and leaves no caller waiting."""
    pooled = BlockingPooled(FakeModels(), BatchLimits(1), LONG_S)
    pooled.close()
    with pytest.raises(HttpError, match="inference is stopping") as error:
        pooled.run(given("a"))
    assert error.value.status == 503


def test_a_batch_wakes_the_event_loop_once() -> None:
    """Another thread calls the loop once for a whole batch."""
    models = FakeModels()
    models.go.clear()
    wakes = []

    async def asynchronous() -> None:
        loop = asyncio.get_running_loop()
        pooled = AsyncPooled(models, BatchLimits(1, 8), LONG_S)
        first = asyncio.create_task(pooled.run(given("a")))
        await asyncio.sleep(0)
        while not models.batches:  # noqa: ASYNC110  # the thread that runs it sets no event of this loop's
            await asyncio.sleep(0.001)
        rest = [asyncio.create_task(pooled.run(given("b"))) for _ in range(8)]
        await asyncio.sleep(0)

        def counted(callback: Callable[..., object], *arguments: Any, context: Any = None) -> asyncio.Handle:
            wakes.append(len(arguments))
            return wake(callback, *arguments, context=context)

        wake, loop.call_soon_threadsafe = loop.call_soon_threadsafe, counted  # type: ignore[method-assign, assignment]
        models.go.set()
        await asyncio.gather(first, *rest)
        loop.call_soon_threadsafe = wake  # type: ignore[method-assign]
        await pooled.close()

    asyncio.run(asynchronous())
    assert [len(batch) for batch in models.batches] == [1, 8]
    assert wakes == [1, 8]


def test_the_shape_follows_from_the_settings() -> None:
    """An executor takes one request at a time, a batcher as many as its settings say."""
    assert shape_of(Settings(inference="executor", pool=3, batch_size=8)) == BatchLimits(3, 1, 0.0, 512)
    batched = Settings(inference="batched", pool=2, batch_size=8, batch_delay_ms=2.0, queue_size=7)
    assert shape_of(batched) == BatchLimits(2, 8, 0.002, 7)
