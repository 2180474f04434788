"""One shard of a load, from its first connection to its part of the measurement."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator, Iterator
from itertools import repeat
from typing import Any, NamedTuple, Protocol

from stackduel.load.clock import clock, until
from stackduel.load.drivers.client_protocols import Client
from stackduel.load.drivers.connection_pool import OWN_LIMITS
from stackduel.load.drivers.victim_probe import probing
from stackduel.load.job import Job
from stackduel.load.recording.recorder import FOLD_EVERY_S, Recorder
from stackduel.load.recording.shard_result import ShardResult
from stackduel.load.schedule.deadlines import longest_drain_s
from stackduel.load.schedule.shares import Share
from stackduel.load.shards.sender import Sender, sending
from stackduel.model.measurement import GeneratorUse, Outcome, Warmup

FOLDS_A_REPORT = 5
# New objects before a garbage collection: usually none happens, at worst one every few seconds.
MOST_YOUNG_OBJECTS = 100_000


class Coordinator(Protocol):
    """Is notified of a shard's phases, and decides when its window opens."""

    def warm(self) -> None:
        """Note that the warm-up is done."""

    async def start(self) -> float | None:
        """Return when to open the window, in ``clock`` seconds; None for at once."""

    def started(self, opened_s: float) -> None:
        """Note that the window is open."""

    def progress(self, requests: int, succeeded: int, elapsed_s: float, recent_ms: float | None) -> None:
        """Note how many requests completed since the window opened, how many rightly, and their latest median time."""

    async def called_off(self) -> None:
        """Return when the window is to be closed before its end, if ever."""

    def stopped(self) -> None:
        """Note that the window is closed."""


async def run_shard(job: Job, share: Share, coordinator: Coordinator) -> ShardResult:
    """Warm up, open the window at the coordinator's moment, send the share's load, and return the result.

    Raises OSError if the host is unknown or this machine lacks files or ports for so many connections,
    and ValueError if the driver cannot send such a request.
    """
    with _ended_by_errors():
        async with sending(job, share) as sender, probing(job, share) as probe:
            recorder = sender.recorder
            async with _folding(recorder, coordinator):
                begun_s = clock()
                stable = await sender.warm_up()
                with _undisturbed():
                    coordinator.warm()
                    opened_s = max(await coordinator.start() or 0.0, clock())
                    # From the first request of the window on, and until the last of them has ended.
                    resent_before = sender.client.resent
                    sender.open(opened_s)
                    if probe is not None:
                        probe.open(opened_s)
                    await until(opened_s)
                    before = _Counters.now(sender.client)
                    coordinator.started(opened_s)
                    closed_s = await _sent(sender, opened_s, coordinator)
                    after = _Counters.now(sender.client)
                    coordinator.stopped()
                    if probe is not None:
                        probe.close(closed_s)
                    await sender.close(closed_s)
                    resent = sender.client.resent - resent_before
            drained = await sender.leave()
            until_s = closed_s + longest_drain_s(share.load, job.timeout_s)
            victim = None if probe is None else await probe.result(closed_s, until_s)
    return ShardResult(
        tally=recorder.tally(),
        scheduled=sender.scheduled,
        victim=victim,
        duration_s=closed_s - opened_s,
        reconnects=after.reconnects - before.reconnects,
        resent=resent,
        drained=drained,
        warmup=Warmup(recorder.warmup_requests, opened_s - begun_s, stable),
        failed_answer=sender.client.failed_answer,
        generator=_use(job, after.cpu_s - before.cpu_s, closed_s - opened_s),
    )


async def _sent(sender: Sender, opened_s: float, coordinator: Coordinator) -> float:
    """Send the load until its window closes, or until that is called off; return when it closed."""
    loop = asyncio.get_running_loop()
    sent, off = loop.create_task(sender.send(opened_s)), loop.create_task(coordinator.called_off())
    try:
        await asyncio.wait((sent, off), return_when=asyncio.FIRST_COMPLETED)
        return sent.result() if sent.done() else sender.stop(opened_s)
    finally:
        for task in (sent, off):
            task.cancel()
        await asyncio.gather(sent, off, return_exceptions=True)


@contextlib.asynccontextmanager
async def _folding(recorder: Recorder, coordinator: Coordinator) -> AsyncIterator[None]:
    """Fold the recorded requests during the block, in batches too small to disturb the load, and report progress."""
    folding = asyncio.get_running_loop().create_task(_fold_on(recorder, coordinator))
    try:
        yield
    finally:
        folding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await folding


async def _fold_on(recorder: Recorder, coordinator: Coordinator) -> None:
    for turn in repeat(FOLDS_A_REPORT):
        for _ in range(turn):
            await asyncio.sleep(FOLD_EVERY_S)
            requests = recorder.fold()
        if recorder.opened_s <= clock():
            right = recorder.outcomes[Outcome.OK]
            coordinator.progress(requests, right, clock() - recorder.opened_s, recorder.recent_ms())
        if gc.get_count()[0] > MOST_YOUNG_OBJECTS:
            gc.collect()


@contextlib.contextmanager
def _ended_by_errors() -> Iterator[None]:
    """Raise here the errors of callbacks and other tasks, which would otherwise be lost."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    errors: list[BaseException] = []

    def record(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # A broken connection was already counted as an outcome of its request.
        if error is None or (isinstance(error, OSError) and error.errno not in OWN_LIMITS):
            loop.default_exception_handler(context)
        elif task is not None:
            errors.append(error)
            task.cancel()

    former = loop.get_exception_handler()
    loop.set_exception_handler(record)
    try:
        yield
    except asyncio.CancelledError:
        if not errors or task is None:
            raise
        task.uncancel()
        raise errors[0] from None
    finally:
        loop.set_exception_handler(former)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Disable automatic garbage collection in the block: existing objects are frozen, and it runs only when called."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


class _Counters(NamedTuple):
    """Counters that grow while a window is open."""

    cpu_s: float
    reconnects: int

    @staticmethod
    def now(client: Client) -> _Counters:
        return _Counters(time.process_time(), client.reconnects)


def _use(job: Job, cpu_s: float, duration_s: float) -> GeneratorUse:
    cores = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    return GeneratorUse(
        driver=job.driver,
        shards=1,
        cpu_s=cpu_s,
        busiest=cpu_s / duration_s if duration_s else 0.0,
        cores=cores,
        pinned=len(cores) == 1,
        loop=type(asyncio.get_running_loop()).__module__.partition(".")[0],
    )
