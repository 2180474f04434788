"""Measuring a scripted server in this process, without workers."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence

import uvloop

from stackduel.load.job import Call, Job
from stackduel.load.recording.merging import merge
from stackduel.load.schedule.shares import split
from stackduel.load.shards.shard import run_shard
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation, Measurement
from stackduel.model.run_options import RESEND_IDLE_S
from stackduel.model.suite import Load, Workload
from stackduel.model.target import Address
from tests.stackduel.load.scripted import BODY

# The drivers that speak HTTP.
HTTP_DRIVERS: tuple[DriverName, ...] = ("raw", "aiohttp")
RIGHT = Expectation.of(200, BODY, "body")


class FakeCoordinator:
    """Opens the window as soon as the shard is warm, and remembers what it was told."""

    def __init__(self, when_started: Callable[[], None] = lambda: None) -> None:
        self.heard: list[str] = []
        self.reports: list[tuple[int, float]] = []
        self.recent_ms: list[float | None] = []
        self._when_started = when_started

    def warm(self) -> None:
        self.heard.append("warm")

    async def start(self) -> float | None:
        return None

    def started(self, opened_s: float) -> None:
        self.heard.append("started")
        self._when_started()

    async def called_off(self) -> None:
        await asyncio.Event().wait()

    def progress(self, requests: int, succeeded: int, elapsed_s: float, recent_ms: float | None) -> None:
        self.reports.append((requests, elapsed_s))
        self.recent_ms.append(recent_ms)

    def stopped(self) -> None:
        self.heard.append("stopped")


def job_for(
    address: Address,
    load: Load,
    *,
    driver: DriverName = "raw",
    workload: Workload | None = None,
    calls: Sequence[Call] = (),
    expectation: Expectation = RIGHT,
    timeout_s: float = 5.0,
    seed: int = 0,
    victim: Call | None = None,
    resend_idle_s: float = RESEND_IDLE_S,
) -> Job:
    """A job with the defaults that most tests share."""
    sent = tuple(calls) or (Call(workload or Workload("/"), expectation),)
    return Job(address, sent, load, timeout_s, driver, seed, victim, resend_idle_s)


def measure(
    job: Job,
    coordinator: FakeCoordinator | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
) -> Measurement:
    """Return what one shard makes of the job."""

    async def run() -> Measurement:
        (share,) = split(job.load, 1)
        return merge([await run_shard(job, share, coordinator or FakeCoordinator())])

    # A shard collects garbage right before its window. In a worker that takes a moment; here, with all that the tests
    # hold, it would take a tenth of a second, and the first answers would come late.
    gc.freeze()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(run())
