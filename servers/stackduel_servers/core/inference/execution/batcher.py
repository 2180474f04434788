"""The micro-batcher: a few threads run waiting requests in batches and give each request its own result.

It knows nothing of models, HTTP or event loops. With a batch size of 1 it is a plain thread pool with a bounded queue.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import ceil
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class FullError(Exception):
    """The queue is full: the job was refused."""


class ClosedError(Exception):
    """The batcher was closed before the job started."""


class OverdueError(Exception):
    """The job's deadline passed before the job started."""


class JobState(Enum):
    """The state of a job; it changes only under the batcher's lock."""

    NEW = auto()
    WAITING = auto()
    RUNNING = auto()
    DONE = auto()
    CANCELLED = auto()


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """The number of threads, the most jobs in a batch, how long the first job waits for more, and the queue size."""

    threads: int
    size: int = 1
    delay_s: float = 0.0
    capacity: int = 512


class BatchJob(Generic[In, Out]):
    """One item, and after delivery its outcome. ``waiter`` lets ``deliver`` wake the caller.

    Only jobs of the same ``key`` share a batch. ``due_s`` is the deadline on the monotonic clock.
    """

    __slots__ = ("arrived_s", "due_s", "ended_s", "item", "key", "outcome", "state", "waiter")

    def __init__(self, key: Hashable, item: In, due_s: float, waiter: Any) -> None:
        self.key = key
        self.item = item
        self.due_s = due_s
        self.waiter = waiter
        self.arrived_s = monotonic()
        self.ended_s = self.arrived_s
        self.state = JobState.NEW
        self.outcome: Out | Exception | None = None


Jobs = list[BatchJob[In, Out]]


class BatchWatch(Protocol):
    """Is told of a batcher's queue and batches, under its lock or from its threads; must not raise."""

    def waits(self, jobs: int) -> None:
        """Take note of how many jobs wait now."""
        ...

    def takes(self, jobs: int) -> None:
        """Take note of a batch that is worked on next."""
        ...


class Batcher(Generic[In, Out]):
    """Threads that start with the first job and work until ``close``.

    ``work`` gets the items of one key and returns one outcome each, in order; an exception is the outcome of a failed
    item. If ``work`` raises, each item is tried again alone, so that one bad item cannot fail the rest of its batch.
    ``deliver`` is called from these threads with all ended jobs of a batch at once, and must not raise. Each submitted
    job is delivered exactly once, unless it was cancelled: then it is never delivered. ``watch`` hears of
    its queue and batches.
    """

    def __init__(
        self,
        shape: BatchLimits,
        work: Callable[[Hashable, Sequence[In]], Sequence[Out | Exception]],
        deliver: Callable[[Jobs[In, Out]], None],
        watch: BatchWatch | None = None,
    ) -> None:
        self._watch = watch
        self._shape = shape
        self._work = work
        self._deliver = deliver
        self._changed = threading.Condition(threading.Lock())
        self._queues: dict[Hashable, deque[BatchJob[In, Out]]] = {}
        self._gathering: set[Hashable] = set()
        self._waiting = 0
        self._closed = False
        self._threads: list[threading.Thread] = []

    def submit(self, job: BatchJob[In, Out]) -> None:
        """Queue a job; raises FullError, ClosedError."""
        with self._changed:
            if self._closed:
                raise ClosedError
            if self._waiting >= self._shape.capacity:
                raise FullError
            if not self._threads:
                self._start()
            job.state = JobState.WAITING
            self._queues.setdefault(job.key, deque()).append(job)
            self._wait(1)
            if self._shape.delay_s:
                self._changed.notify_all()  # any of the waiting threads may be the one that gathers for this key
            else:
                self._changed.notify()

    def cancel(self, job: BatchJob[In, Out]) -> bool:
        """Cancel a job: a waiting one never runs, a running one is not delivered. Return False if it has ended."""
        with self._changed:
            if job.state is JobState.WAITING:
                self._queues[job.key].remove(job)
                self._wait(-1)
            if job.state is JobState.DONE:
                return False
            job.state = JobState.CANCELLED
            return True

    def close(self) -> None:
        """Fail waiting jobs with ClosedError, let running jobs end and be delivered, and end the threads."""
        with self._changed:
            self._closed = True
            left = [job for queue in self._queues.values() for job in queue]
            self._queues.clear()
            self._wait(-self._waiting)
            for job in left:
                job.state, job.outcome = JobState.DONE, ClosedError()
            self._changed.notify_all()
        if left:
            self._deliver(left)
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        for number in range(self._shape.threads):
            # A daemon, because a process that ends without closing must not wait for it.
            thread = threading.Thread(target=self._run, name=f"inference-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _wait(self, more: int) -> None:
        self._waiting += more
        if self._watch and more:
            self._watch.waits(self._waiting)

    def _run(self) -> None:
        while batch := self._next():
            if self._watch:
                self._watch.takes(len(batch))
            self._settle(batch, self._outcomes(batch))

    def _next(self) -> Jobs[In, Out]:
        """Return the next batch, of the key whose oldest job has waited longest; empty once closed."""
        with self._changed:
            while (key := self._oldest()) is None:
                if self._closed:
                    return []
                self._changed.wait()
            if self._shape.delay_s:
                batch = self._take(key, self._shape.size)
                self._gather(key, batch)
                return batch
            return self._take(key, self._share(key))

    def _oldest(self) -> Hashable | None:
        heads = [queue[0] for key, queue in self._queues.items() if queue and key not in self._gathering]
        return min(heads, key=lambda job: job.arrived_s).key if heads else None

    def _share(self, key: Hashable) -> int:
        """Return how many waiting jobs one thread takes: its fair part, so that the other threads are not idle."""
        return min(self._shape.size, ceil(len(self._queues[key]) / self._shape.threads))

    def _take(self, key: Hashable, most: int) -> Jobs[In, Out]:
        queue = self._queues.get(key, ())
        batch = [queue.popleft() for _ in range(min(most, len(queue)))] if isinstance(queue, deque) else []
        self._wait(-len(batch))
        for job in batch:
            job.state = JobState.RUNNING
        return batch

    def _gather(self, key: Hashable, batch: Jobs[In, Out]) -> None:
        """Wait for more jobs of the key until the batch is full or its first job has waited for the delay."""
        until = batch[0].arrived_s + self._shape.delay_s
        self._gathering.add(key)
        while len(batch) < self._shape.size and not self._closed and (left_s := until - monotonic()) > 0:
            self._changed.wait(left_s)
            batch += self._take(key, self._shape.size - len(batch))
        self._gathering.discard(key)
        self._changed.notify()  # more jobs of this key may have arrived than the batch takes

    def _outcomes(self, batch: Jobs[In, Out]) -> Sequence[Out | Exception]:
        now = monotonic()
        due = [job for job in batch if job.due_s > now]
        if len(due) == len(batch):
            return self._worked(batch)
        done = dict(zip(map(id, due), self._worked(due), strict=True))
        return [done.get(id(job), OverdueError()) for job in batch]

    def _worked(self, batch: Jobs[In, Out]) -> Sequence[Out | Exception]:
        if not batch:
            return []
        try:
            outcomes = self._work(batch[0].key, [job.item for job in batch])
            if len(outcomes) != len(batch):
                raise RuntimeError(f"{len(outcomes)} outcomes for {len(batch)} items")  # noqa: TRY301
        except BaseException as error:  # noqa: BLE001  # the waiting callers must get any error
            if len(batch) > 1:
                return [self._alone(job) for job in batch]
            return [error if isinstance(error, Exception) else RuntimeError(repr(error))]
        return outcomes

    def _alone(self, job: BatchJob[In, Out]) -> Out | Exception:
        # A job cancelled meanwhile is not delivered: its outcome does not matter.
        return self._worked([job])[0] if job.state is JobState.RUNNING else OverdueError()

    def _settle(self, batch: Jobs[In, Out], outcomes: Sequence[Out | Exception]) -> None:
        now = monotonic()
        with self._changed:
            ended = []
            for job, outcome in zip(batch, outcomes, strict=True):
                if job.state is JobState.RUNNING:
                    job.state, job.outcome, job.ended_s = JobState.DONE, outcome, now
                    ended.append(job)
        if ended:
            self._deliver(ended)
