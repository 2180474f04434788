"""The micro-batcher under random arrivals, faults and cancellations, and in each corner case."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel_servers.core.inference.execution.batcher import (
    Batcher,
    BatchJob,
    BatchLimits,
    ClosedError,
    FullError,
    Jobs,
    OverdueError,
)

WITHIN_S = 20.0
FAR_S = 3600.0

IntJob = BatchJob[int, str]


class BrokenError(Exception):
    """The failure of an item that breaks its whole batch."""


@dataclass
class Recorder:
    """Work that can be told to fail, and everything that was run and delivered."""

    breaks: frozenset[int] = frozenset()
    fails: frozenset[int] = frozenset()
    takes_s: float = 0.0
    batches: list[tuple[Hashable, tuple[int, ...]]] = field(default_factory=list)
    delivered: Counter[int] = field(default_factory=Counter)

    def work(self, key: Hashable, items: Sequence[int]) -> Sequence[str | Exception]:
        """One outcome an item: its name, or its own failure; raises if one of them breaks batches."""
        self.batches.append((key, tuple(items)))
        if self.takes_s:
            time.sleep(self.takes_s)
        if broken := self.breaks.intersection(items):
            raise BrokenError(min(broken))
        return [ValueError(item) if item in self.fails else named(key, item) for item in items]

    def deliver(self, jobs: Jobs[int, str]) -> None:
        """Release all that wait."""
        for job in jobs:
            self.delivered[job.item] += 1
            job.waiter.set()

    def ran(self) -> Counter[int]:
        """How often each item was run."""
        return Counter(item for _, items in self.batches for item in items)


def named(key: Hashable, item: int) -> str:
    """Return the result of an item that nothing is wrong with."""
    return f"{key}:{item}"


def job(item: int, key: Hashable = "a", within_s: float = FAR_S) -> IntJob:
    """A job whose waiter is an event."""
    return IntJob(key, item, time.monotonic() + within_s, threading.Event())


@contextmanager
def batching(
    shape: BatchLimits, work: Callable[..., Sequence[str | Exception]], deliver: Callable[[Jobs[int, str]], None]
) -> Iterator[Batcher[int, str]]:
    """A batcher that is closed at the end, whose threads are then gone."""
    batcher = Batcher(shape, work, deliver)
    try:
        yield batcher
    finally:
        batcher.close()
        assert not [thread for thread in batcher._threads if thread.is_alive()]


@dataclass(frozen=True)
class Arrival:
    """One request of a random plan."""

    key: str
    pause_ms: int
    fault: str
    cancelled: bool


ARRIVALS = st.lists(
    st.builds(
        Arrival,
        key=st.sampled_from(["a", "a", "b"]),
        pause_ms=st.sampled_from([0, 0, 0, 1, 3]),
        fault=st.sampled_from(["none", "none", "none", "fails", "breaks"]),
        cancelled=st.booleans(),
    ),
    max_size=30,
)
SHAPES = st.builds(
    BatchLimits, threads=st.integers(1, 3), size=st.integers(1, 6), delay_s=st.sampled_from([0.0, 0.0, 0.001, 0.004])
)


@settings(max_examples=120, deadline=None)
@given(plan=ARRIVALS, shape=SHAPES, takes_s=st.sampled_from([0.0, 0.001]))
def test_every_request_gets_its_own_outcome_exactly_once(
    plan: list[Arrival], shape: BatchLimits, takes_s: float
) -> None:
    """With any arrivals, faults and cancellations, no job is lost, doubled, mixed up or run for nothing."""
    recorder = Recorder(
        frozenset(item for item, each in enumerate(plan) if each.fault == "breaks"),
        frozenset(item for item, each in enumerate(plan) if each.fault == "fails"),
        takes_s,
    )
    jobs = [job(item, each.key) for item, each in enumerate(plan)]
    given_up = set()
    with batching(shape, recorder.work, recorder.deliver) as batcher:
        for each, its in zip(plan, jobs, strict=True):
            time.sleep(each.pause_ms / 1000)
            batcher.submit(its)
            if each.cancelled and batcher.cancel(its):
                given_up.add(its.item)
        for its in jobs:
            if its.item not in given_up:
                assert its.waiter.wait(WITHIN_S)
    for each, its in zip(plan, jobs, strict=True):
        assert recorder.delivered[its.item] == (0 if its.item in given_up else 1)
        if its.item not in given_up:
            assert_outcome(each, its)
    for key, items in recorder.batches:
        assert 1 <= len(items) <= shape.size
        assert {plan[item].key for item in items} == {key}
    assert all(count <= 2 for count in recorder.ran().values())


def assert_outcome(arrival: Arrival, ended: IntJob) -> None:
    """The outcome is the one of this very item."""
    match arrival.fault:
        case "none":
            assert ended.outcome == named(arrival.key, ended.item)
        case "fails":
            assert isinstance(ended.outcome, ValueError)
            assert ended.outcome.args == (ended.item,)
        case _:
            assert isinstance(ended.outcome, BrokenError)
            assert ended.outcome.args == (ended.item,)


def test_many_threads_at_once() -> None:
    """Forty threads send a hundred requests each: each gets its own result, in batches, and the queue ends empty."""
    recorder = Recorder(breaks=frozenset(range(0, 4000, 97)), takes_s=0.0005)
    wrong = []

    def ask(batcher: Batcher[int, str], first: int) -> None:
        for item in range(first, first + 100):
            its = job(item, item % 2)
            batcher.submit(its)
            if not its.waiter.wait(WITHIN_S):
                wrong.append(("lost", item))
            elif item % 97 and its.outcome != named(item % 2, item):
                wrong.append(("mixed up", item))
            elif item % 97 == 0 and not isinstance(its.outcome, BrokenError):
                wrong.append(("not failed", item))

    with batching(BatchLimits(2, 8), recorder.work, recorder.deliver) as batcher:
        threads = [threading.Thread(target=ask, args=(batcher, first)) for first in range(0, 4000, 100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert batcher._waiting == 0
    assert not wrong
    assert recorder.delivered == Counter(range(4000))
    assert max(len(items) for _, items in recorder.batches) > 1


class Gate:
    """Work that stands still until it is let go."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()
        self.ran: list[tuple[int, ...]] = []

    def work(self, _key: Hashable, items: Sequence[int]) -> Sequence[str | Exception]:
        """Wait to be let go."""
        self.ran.append(tuple(items))
        self.began.set()
        assert self.go.wait(WITHIN_S)
        return [str(item) for item in items]


def test_a_full_queue_takes_no_more() -> None:
    """A full queue refuses a request at once, and accepts one when there is room again."""
    gate, recorder = Gate(), Recorder()
    with batching(BatchLimits(1, 1, capacity=2), gate.work, recorder.deliver) as batcher:
        batcher.submit(job(0))
        assert gate.began.wait(WITHIN_S)
        waiting = [job(1), job(2)]
        for each in waiting:
            batcher.submit(each)
        with pytest.raises(FullError):
            batcher.submit(job(3))
        assert batcher.cancel(waiting[0])
        last = job(4)
        batcher.submit(last)
        gate.go.set()
        assert last.waiter.wait(WITHIN_S)
    assert gate.ran == [(0,), (2,), (4,)]


def test_what_is_cancelled_while_it_waits_is_never_run() -> None:
    """A waiting request that is cancelled never runs; a running one is not delivered."""
    gate, recorder = Gate(), Recorder()
    running, waiting = job(0), job(1)
    with batching(BatchLimits(1, 4), gate.work, recorder.deliver) as batcher:
        batcher.submit(running)
        assert gate.began.wait(WITHIN_S)
        batcher.submit(waiting)
        assert batcher.cancel(waiting)
        assert batcher.cancel(running)
        gate.go.set()
        after = job(2)
        batcher.submit(after)
        assert after.waiter.wait(WITHIN_S)
        assert not batcher.cancel(after)
    assert gate.ran == [(0,), (2,)]
    assert recorder.delivered == Counter([2])


def test_what_is_overdue_is_not_run() -> None:
    """A request whose deadline passed in the queue gets OverdueError, and its neighbours run without it."""
    gate, recorder = Gate(), Recorder()
    with batching(BatchLimits(1, 4), gate.work, recorder.deliver) as batcher:
        batcher.submit(job(0))
        assert gate.began.wait(WITHIN_S)
        late, good = job(1, within_s=0.0), job(2)
        batcher.submit(late)
        batcher.submit(good)
        gate.go.set()
        assert late.waiter.wait(WITHIN_S)
        assert good.waiter.wait(WITHIN_S)
    assert isinstance(late.outcome, OverdueError)
    assert good.outcome == "2"
    assert gate.ran == [(0,), (2,)]


def test_closing_ends_what_runs_and_fails_what_waits() -> None:
    """After ``close`` no job waits, no new one is accepted, and no thread is left."""
    gate, recorder = Gate(), Recorder()
    running, waiting = job(0), job(1)
    batcher = Batcher(BatchLimits(1), gate.work, recorder.deliver)
    batcher.submit(running)
    assert gate.began.wait(WITHIN_S)
    batcher.submit(waiting)
    closer = threading.Thread(target=batcher.close)
    closer.start()
    assert waiting.waiter.wait(WITHIN_S)
    assert isinstance(waiting.outcome, ClosedError)
    gate.go.set()
    closer.join(WITHIN_S)
    assert not closer.is_alive()
    assert running.outcome == "0"
    with pytest.raises(ClosedError):
        batcher.submit(job(2))
    assert gate.ran == [(0,)]


def test_without_a_delay_a_batch_is_what_waits() -> None:
    """A lone request runs at once; waiting ones run together, oldest first, up to the size."""
    gate, recorder = Gate(), Recorder()
    with batching(BatchLimits(1, 3), gate.work, recorder.deliver) as batcher:
        batcher.submit(job(0))
        assert gate.began.wait(WITHIN_S)
        jobs = [job(item) for item in range(1, 6)]
        for each in jobs:
            batcher.submit(each)
        gate.go.set()
        assert jobs[-1].waiter.wait(WITHIN_S)
    assert gate.ran == [(0,), (1, 2, 3), (4, 5)]


def test_the_model_that_waited_longest_is_next() -> None:
    """Requests of different models never share a batch, and no model starves."""
    gate, recorder = Gate(), Recorder()
    with batching(BatchLimits(1, 8), gate.work, recorder.deliver) as batcher:
        batcher.submit(job(0))
        assert gate.began.wait(WITHIN_S)
        jobs = [job(1, "a"), job(2, "b"), job(3, "a"), job(4, "c")]
        for each in jobs:
            batcher.submit(each)
        gate.go.set()
        assert jobs[-1].waiter.wait(WITHIN_S)
    assert gate.ran == [(0,), (1, 3), (2,), (4,)]


def test_a_delay_waits_for_a_full_batch_and_no_longer() -> None:
    """With a delay, the first request waits: a full batch runs at once, another when the delay is over."""
    recorder = Recorder()
    with batching(BatchLimits(2, 3, delay_s=5.0), recorder.work, recorder.deliver) as batcher:
        jobs = [job(item) for item in range(3)]
        for each in jobs:
            batcher.submit(each)
            time.sleep(0.01)
        assert jobs[-1].waiter.wait(2.0)
    assert recorder.batches == [("a", (0, 1, 2))]
    with batching(BatchLimits(1, 3, delay_s=0.05), recorder.work, recorder.deliver) as batcher:
        lone = job(9)
        batcher.submit(lone)
        assert lone.waiter.wait(WITHIN_S)
    assert lone.ended_s - lone.arrived_s >= 0.05


def test_work_that_forgets_an_item_fails_and_hangs_nobody() -> None:
    """If there are fewer outcomes than items, each item gets an error."""
    recorder = Recorder()
    with batching(BatchLimits(1, 4), lambda _key, _items: [], recorder.deliver) as batcher:
        its = job(0)
        batcher.submit(its)
        assert its.waiter.wait(WITHIN_S)
    assert isinstance(its.outcome, RuntimeError)


def test_a_thread_outlives_whatever_is_raised() -> None:
    """Even a BaseException reaches the request that caused it, and the next request is served."""
    recorder = Recorder()

    def work(_key: Hashable, items: Sequence[int]) -> Sequence[str | Exception]:
        if items[0] == 0:
            raise SystemExit
        return [str(item) for item in items]

    with batching(BatchLimits(1), work, recorder.deliver) as batcher:
        jobs = [job(0), job(1)]
        for each in jobs:
            batcher.submit(each)
            assert each.waiter.wait(WITHIN_S)
    assert isinstance(jobs[0].outcome, RuntimeError)
    assert jobs[1].outcome == "1"


def test_nothing_starts_before_the_first_request() -> None:
    """An unused batcher has no thread, so it may be made before a server forks."""
    before = threading.active_count()
    batcher = Batcher(BatchLimits(4), Recorder().work, Recorder().deliver)
    assert threading.active_count() == before
    batcher.close()


def test_a_thread_leaves_the_others_their_part_of_what_waits() -> None:
    """With six waiting jobs and two threads, the first free one takes three, even if its batches may hold eight."""
    recorder, busy, go = Recorder(), threading.Semaphore(0), threading.Semaphore(0)

    def work(key: Hashable, items: Sequence[int]) -> Sequence[str | Exception]:
        outcomes = recorder.work(key, items)
        busy.release()
        assert go.acquire(timeout=WITHIN_S)
        return outcomes

    with batching(BatchLimits(threads=2, size=8), work, recorder.deliver) as batcher:
        jobs = [job(item) for item in range(8)]
        for each in jobs[:2]:
            batcher.submit(each)
            assert busy.acquire(timeout=WITHIN_S)
        for each in jobs[2:]:
            batcher.submit(each)
        go.release()
        assert busy.acquire(timeout=WITHIN_S)
        assert [items for _, items in recorder.batches] == [(0,), (1,), (2, 3, 4)]
        go.release(8)
        assert all(each.waiter.wait(WITHIN_S) for each in jobs)
