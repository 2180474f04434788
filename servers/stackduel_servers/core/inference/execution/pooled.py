"""The model on our own threads, one request or one batch at a time, for blocking and for async handlers."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from time import monotonic

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.inference import refusals
from stackduel_servers.core.inference.ask import InferenceRequest
from stackduel_servers.core.inference.execution.batcher import (
    Batcher,
    BatchJob,
    BatchLimits,
    ClosedError,
    FullError,
    Jobs,
    OverdueError,
)
from stackduel_servers.core.inference.process_models import Models
from stackduel_servers.core.inference.result import InferenceResult
from stackduel_servers.core.metrics.edge import batch_watch
from stackduel_servers.core.settings import Settings

RequestJob = BatchJob[InferenceRequest, InferenceResult]


class BlockingPooled:
    """Holds the caller's thread until its request has run."""

    def __init__(self, models: Models, shape: BatchLimits, timeout_s: float) -> None:
        self._shape = shape
        self._timeout_s = timeout_s
        self._batcher = Batcher(shape, models.many, _release, batch_watch())

    def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """Return the result and the seconds it spent in the queue; raises HttpError 503, 504."""
        done = threading.Lock()
        done.acquire()
        job = RequestJob(given.ask.model, given, monotonic() + self._timeout_s, done)
        _submit(self._batcher, job, self._shape)
        if not done.acquire(timeout=self._timeout_s) and self._batcher.cancel(job):
            raise refusals.too_slow(self._timeout_s)
        return _result(job, self._timeout_s)

    def close(self) -> None:
        """End the threads after the requests they run."""
        self._batcher.close()


class AsyncPooled:
    """Suspends the caller's task until its request has run."""

    def __init__(self, models: Models, shape: BatchLimits, timeout_s: float) -> None:
        self._shape = shape
        self._timeout_s = timeout_s
        self._batcher = Batcher(shape, models.many, _wake, batch_watch())

    async def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """Return the result and the seconds it spent in the queue; raises HttpError 503, 504."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        job = RequestJob(given.ask.model, given, monotonic() + self._timeout_s, done)
        _submit(self._batcher, job, self._shape)
        alarm = loop.call_later(self._timeout_s, _end, done)
        try:
            await done
        except asyncio.CancelledError:
            self._batcher.cancel(job)
            raise
        finally:
            alarm.cancel()
        if job.outcome is None and self._batcher.cancel(job):
            raise refusals.too_slow(self._timeout_s)
        return _result(job, self._timeout_s)

    async def close(self) -> None:
        """End the threads after the requests they run."""
        await asyncio.to_thread(self._batcher.close)


def shape_of(settings: Settings) -> BatchLimits:
    """Return the batcher's limits from the settings; a plain pool takes one request at a time."""
    size = (settings.batch_size or 1) if settings.inference == "batched" else 1
    return BatchLimits(settings.pool or 1, size, settings.batch_delay_ms / 1000, settings.queue_size)


def _submit(batcher: Batcher[InferenceRequest, InferenceResult], job: RequestJob, shape: BatchLimits) -> None:
    try:
        batcher.submit(job)
    except FullError:
        raise refusals.full(shape.capacity) from None
    except ClosedError:
        raise refusals.closing() from None


def _release(jobs: Jobs[InferenceRequest, InferenceResult]) -> None:
    for job in jobs:
        job.waiter.release()


def _wake(jobs: Jobs[InferenceRequest, InferenceResult]) -> None:
    # One wake-up of the event loop for a whole batch: each costs a write to a pipe and a switch of threads.
    loop = jobs[0].waiter.get_loop()
    with suppress(RuntimeError):  # the loop is closed: no caller waits any more
        loop.call_soon_threadsafe(_end, *[job.waiter for job in jobs])


def _end(*waiters: asyncio.Future[None]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)


def _result(job: RequestJob, timeout_s: float) -> tuple[InferenceResult, float]:
    match job.outcome:
        case InferenceResult() as result:
            return result, job.ended_s - job.arrived_s - result.pre_s - result.infer_s - result.post_s
        case OverdueError():
            raise refusals.too_slow(timeout_s)
        case ClosedError():
            raise refusals.closing()
        case HttpError() as error:
            # A whole batch may share one error, whose traceback must not grow with each request.
            raise HttpError(error.status, error.message, error.headers) from error
        case Exception() as error:
            raise error
        case _:
            raise AssertionError(job.state)
