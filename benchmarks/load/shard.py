"""One shard of a load, from its first connection to its part of the measurement."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator, Iterator
from itertools import repeat
from math import inf
from typing import Any, NamedTuple, Protocol

from benchmarks.load.client import OWN_LIMITS, RawClient
from benchmarks.load.clock import clock, until
from benchmarks.load.contract import Client
from benchmarks.load.job import Job
from benchmarks.load.part import Part
from benchmarks.load.recorder import Recorder
from benchmarks.load.schedule import DRAIN_WITHIN_S, Share, window_width_s
from benchmarks.measurement import GeneratorUse, Warmup
from benchmarks.suite import Load

FOLD_EVERY_S = 0.1
FOLDS_A_REPORT = 5
# New objects before garbage is collected: none in the usual case, and every few seconds in the worst.
MOST_YOUNG_OBJECTS = 100_000


class Cue(Protocol):
    """Whoever a shard tells where it is, and who tells it when to open its window."""

    def warm(self) -> None:
        """The warm-up is done."""

    async def start(self) -> float | None:
        """When to open the window, in ``clock`` seconds; None for at once."""

    def started(self, opened_s: float) -> None:
        """The window is open."""

    def progress(self, requests: int, elapsed_s: float) -> None:
        """So many requests completed since the window opened."""

    def stopped(self) -> None:
        """The window is closed."""


async def run_shard(job: Job, share: Share, cue: Cue) -> Part:
    """Warm up, open the window when told, send the share's load, and return what came of it.

    Raises OSError where the host is not known or this machine lacks files or ports for so many connections,
    and ValueError where the driver cannot send such a request.
    """
    load = share.load
    recorder = Recorder(window_width_s(load))
    with _ended_by_errors():
        async with _client(job, share, recorder) as client:
            async with _folding(recorder, cue):
                begun_s = clock()
                await _warm_up(client, recorder, load)
                with _undisturbed():
                    cue.warm()
                    opened_s = max(await cue.start() or 0.0, clock())
                    recorder.open(opened_s, opened_s + load.duration_s if load.duration_s is not None else inf)
                    await until(opened_s)
                    before = _Counters.now(client)
                    cue.started(opened_s)
                    closed_s = await _send(client, recorder, load, opened_s)
                    after = _Counters.now(client)
                    cue.stopped()
                client.admit(iter(()))
                recorder.close(closed_s, client.in_flight_since())
            await _drain(client, job.timeout_s)
    return Part(
        outcomes=recorder.outcomes,
        cut_off=recorder.cut_off,
        cut_off_s=recorder.cut_off_s,
        duration_s=closed_s - opened_s,
        latency=recorder.latency(),
        timeline=recorder.slices(),
        reconnects=after.reconnects - before.reconnects,
        resent=after.resent - before.resent,
        in_flight_s=recorder.in_flight_s,
        warmup=Warmup(recorder.warmup_requests, opened_s - begun_s),
        generator=_use(job, after.cpu_s - before.cpu_s, closed_s - opened_s),
    )


async def _warm_up(client: Client, recorder: Recorder, load: Load) -> None:
    """Send what the load asks for before its window; a load with a duration then goes on without a pause."""
    begun_s = clock()
    endless = load.duration_s is not None
    client.admit(repeat(True) if endless or load.warmup_s else iter(()))
    await client.open()
    await until(begun_s + load.warmup_s)
    if endless:
        while _warmed_with(recorder) < load.warmup_requests:  # noqa: ASYNC110  (the hot path tells nobody)
            await asyncio.sleep(FOLD_EVERY_S)
    else:
        client.admit(iter(()))
        await client.idle()
        client.admit(repeat(True, max(0, load.warmup_requests - _warmed_with(recorder))))
        await client.idle()


def _warmed_with(recorder: Recorder) -> int:
    recorder.fold()
    return recorder.warmup_requests


async def _send(client: Client, recorder: Recorder, load: Load, opened_s: float) -> float:
    """Let the load run for its duration, or until its requests are done; return when its window closed."""
    if load.duration_s is not None:
        closed_s = opened_s + load.duration_s
        await until(closed_s)
        return closed_s
    client.admit(repeat(True, load.requests or 0))
    await client.idle()
    recorder.fold()
    return recorder.last_done_s


async def _drain(client: Client, timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(min(DRAIN_WITHIN_S, timeout_s)):
            await client.idle()


@contextlib.asynccontextmanager
async def _folding(recorder: Recorder, cue: Cue) -> AsyncIterator[None]:
    """Meanwhile fold what was recorded, in batches too small for their time to be seen, and report on it."""
    folding = asyncio.get_running_loop().create_task(_fold_on(recorder, cue))
    try:
        yield
    finally:
        folding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await folding


async def _fold_on(recorder: Recorder, cue: Cue) -> None:
    for turn in repeat(FOLDS_A_REPORT):
        for _ in range(turn):
            await asyncio.sleep(FOLD_EVERY_S)
            requests = recorder.fold()
        if recorder.opened_s <= clock():
            cue.progress(requests, clock() - recorder.opened_s)
        if gc.get_count()[0] > MOST_YOUNG_OBJECTS:
            gc.collect()


@contextlib.contextmanager
def _ended_by_errors() -> Iterator[None]:
    """Raise here what went wrong in a callback or another task, where nobody else would hear of it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    errors: list[BaseException] = []

    def note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # A connection that breaks is the server's affair, and was counted as an outcome.
        if error is None or (isinstance(error, OSError) and error.errno not in OWN_LIMITS):
            loop.default_exception_handler(context)
        elif task is not None:
            errors.append(error)
            task.cancel()

    former = loop.get_exception_handler()
    loop.set_exception_handler(note)
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
    """Keep the garbage collector away: what lives now stays out of its sight, and it runs only when called."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


class _Counters(NamedTuple):
    """What grows while a window is open."""

    cpu_s: float
    reconnects: int
    resent: int

    @staticmethod
    def now(client: Client) -> _Counters:
        return _Counters(time.process_time(), client.reconnects, client.resent)


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


def _client(job: Job, share: Share, recorder: Recorder) -> Client:
    if job.driver == "aiohttp":
        # Only here: importing it takes longer than all the rest, and a small container may not have it.
        from benchmarks.load.aiohttp_client import AiohttpClient  # noqa: PLC0415

        return AiohttpClient(job, share, recorder)
    return RawClient(job, share, recorder)
