"""How long a job takes to be written for a shard and read there: ``python -m tests.performance.bench_job``."""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable, Mapping
from functools import partial

from stackduel.load.job import Call, Job
from stackduel.model.measurement import Expectation
from stackduel.model.model_output import Numbers
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address

CALLS_EACH, REPEATS = 20, 9


def job_of(body_bytes: int, numbers: int) -> Job:
    """Return a job of two calls, with bodies of that size and so many expected numbers."""
    expected = Numbers("json", 1e-5, (("out", tuple(each / 7 for each in range(numbers))),)) if numbers else None
    workload = Workload("/infer/x", "POST", headers=(("A", "b"),) * 3, body=bytes(body_bytes))
    call = Call(workload, Expectation(200, 10, bytes(10), expected))
    return Job(Address("127.0.0.1", 1), (call, call), ClosedLoop(64, duration_s=5.0))


JOBS: Mapping[str, Job] = {
    "small": job_of(0, 0),
    "a body of 200 kB": job_of(200_000, 0),
    "1,000 numbers": job_of(100, 1000),
}


def best_us(work: Callable[[], object]) -> float:
    """Return the best mean time of a call, in microseconds."""
    return min(timeit.repeat(work, number=CALLS_EACH, repeat=REPEATS)) / CALLS_EACH * 1e6


def main() -> None:
    """Print the times of each job."""
    for name, job in JOBS.items():
        document = json.loads(json.dumps(job.to_json()))
        written_us, read_us = best_us(job.to_json), best_us(partial(Job.from_json, document))
        print(f"{name}: written in {written_us:.0f} us, read in {read_us:.0f} us")


if __name__ == "__main__":
    main()
