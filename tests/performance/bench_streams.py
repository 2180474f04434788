"""The load engine's cost of reading streams: ``python tests/performance/bench_streams.py`` prints three sections.

reading   the generator's CPU time for an event above a bare read, that is: above a client whose callback does nothing.
          Both read the null server's stream on the same core, one after the other, in short rounds. The upper end
          of the interval of their median difference must keep the target.
headroom  how many events a second the generator reads one by one, where twice as many as wanted are sent.
parsing   what it takes to parse, judge and count an event once the window is closed.

``--only NAME`` prints some of them. It exits with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from stackduel.analysis.statistics.order_statistics import median
from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, Job
from stackduel.load.recording.streams import Streams
from stackduel.load.shards import null_rate
from stackduel.load.shards.channels import ProcessChannel
from stackduel.load.shards.own_process import bind_to, fastest_runner
from stackduel.load.streams.stream_reads import StreamReads
from stackduel.model.measurement import Expectation, Outcome
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address
from tests.performance.fast_server import CLIENT_CORE, SERVER_CORE

pytestmark = pytest.mark.performance

STREAMS = 64
EVENTS_RPS = 12_800.0
EVENT_BYTES = 128
# Short ones, so that both of a round have the same host.
ROUNDS = 20
# Fewer give the median no interval.
FEWEST_ROUNDS = 6
DURATION_S = 0.5
HEADROOM_S = 3.0
WARMUP_S = 0.2
MOST_READING_US = 6.0
HEADROOM = 2.0
PARSED_STREAMS, PARSED_EVENTS = 200, 256
REQUEST = b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Line:
    """One thing that was found, and whether it is as it should be."""

    def __init__(self, text: str, *, ok: bool = True) -> None:
        self.text = text
        self.ok = ok

    def __str__(self) -> str:
        return self.text if self.ok else f"{self.text}  MISSED"


@contextmanager
def streaming(events_rps: float) -> Iterator[Address]:
    """A null server that streams so many events a second in all."""
    channel = ProcessChannel(
        SERVER_CORE, null_rate.null_server("127.0.0.1", null_rate.NullKind(EVENT_BYTES, events_rps))
    )
    try:
        yield Address("127.0.0.1", null_rate._port_of(channel))
    finally:
        channel.close()


def reading(rounds: int, duration_s: float) -> Iterator[Line]:
    """The cost of an event read by the engine, and by a client that does nothing."""
    ours_us, bare_us = [], []
    with (
        streaming(EVENTS_RPS) as address,
        local_engine((CLIENT_CORE,), 1) as engine,
        bare_client(address) as bare_cost,
    ):
        for number in range(rounds):
            # Both orders in turn: what changes from one moment to the next is then on neither side.
            for measured in ("ours", "bare") if number % 2 else ("bare", "ours"):
                if measured == "ours":
                    ours_us.append(_ours_us(engine, address, duration_s))
                else:
                    bare_us.append(bare_cost(duration_s))
            print(f"round {number + 1} of {rounds}: {ours_us[-1]:.1f} and {bare_us[-1]:.1f} us", file=sys.stderr)
    above_us = median([mine - bare for mine, bare in zip(ours_us, bare_us, strict=True)])
    assert above_us.low is not None
    assert above_us.high is not None
    yield Line(
        f"{STREAMS} streams, {EVENTS_RPS:,.0f} events a second, medians of {rounds} rounds of {duration_s:g} s: "
        f"a read takes {statistics.median(ours_us):.1f} us of CPU, a bare one {statistics.median(bare_us):.1f}"
    )
    yield Line(
        f"above a bare read: {above_us.value:.1f} us ({above_us.low:.1f} to {above_us.high:.1f}), "
        f"target at most {MOST_READING_US:g}",
        ok=above_us.high <= MOST_READING_US,
    )


def _job(address: Address, duration_s: float) -> Job:
    workload = Workload("/stream", stream="sse", check="status")
    load = ClosedLoop(STREAMS, duration_s=duration_s, warmup_s=WARMUP_S)
    return Job(address, (Call(workload, Expectation(200)),), load, timeout_s=60.0)


def _ours_us(engine: Engine, address: Address, duration_s: float) -> float:
    """The generator's CPU time for each of its reads."""
    found = engine.measure(_job(address, duration_s))
    if found.streams is None or found.failed:
        raise ValueError(f"streams failed: {found.outcomes}")
    return 1e6 * found.generator.cpu_s / sum(found.streams.reads.values())


@contextmanager
def bare_client(address: Address) -> Iterator[Callable[[float], float]]:
    """Yield a meter, for so many seconds, of the CPU time for each read of a client whose callback does nothing."""
    command = [sys.executable, __file__, "--bare", str(address.port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, told = process.stdin, process.stdout

        def cost_us(duration_s: float) -> float:
            asked.write(f"{duration_s}\n")
            asked.flush()
            return float(told.readline())

        yield cost_us
        asked.close()


class Bare(asyncio.Protocol):
    """Counts its reads, and does nothing else."""

    reads = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(REQUEST)

    def data_received(self, data: bytes) -> None:
        Bare.reads += 1


async def bare(port: int, duration_s: float) -> None:
    """Read the streams for a while, and print the microseconds of CPU time for each read at once."""
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(Bare, "127.0.0.1", port) for _ in range(STREAMS)]
    await asyncio.sleep(WARMUP_S)
    reads, cpu_s = Bare.reads, time.process_time()
    await asyncio.sleep(duration_s)
    print(1e6 * (time.process_time() - cpu_s) / (Bare.reads - reads), flush=True)
    for transport, _ in opened:
        transport.abort()


def headroom(duration_s: float) -> Iterator[Line]:
    """The reads of the generator where more events are sent than it is asked to have room for."""
    wanted_rps = HEADROOM * EVENTS_RPS
    with streaming(null_rate.EVENTS_SPARE * wanted_rps) as address, local_engine((CLIENT_CORE,), 1) as engine:
        found = engine.measure(_job(address, duration_s))
    assert found.streams is not None
    reads_rps = sum(found.streams.reads.values()) / duration_s
    yield Line(
        f"headroom: {reads_rps:,.0f} reads a second with {found.streams.events / duration_s:,.0f} events, "
        f"with {found.generator.busiest:.0%} of a core, target at least {wanted_rps:,.0f}",
        ok=reads_rps >= wanted_rps,
    )


def parsing() -> Iterator[Line]:
    """CPU time for an event, from the bytes to the figures."""
    event = b'id: %d\ndata: {"due_ns":%d,"made_ns":%d,"pad":"' + b"x" * 64 + b'"}\n\n'
    body = [event % (number, number * 20_000_000, number * 20_000_000 + 9) for number in range(PARSED_EVENTS)]
    workload = Workload("/stream", stream="sse")
    job = Job(Address("", 0), (Call(workload, Expectation(200, body=b"".join(body))),), ClosedLoop(1, requests=1))
    streams = Streams(job, by_stream=False)
    streams.open(0.0, 1e9)
    kept = [_read(body) for _ in range(PARSED_STREAMS)]
    begun_s = time.process_time()
    for reads in kept:
        assert streams.judge(reads, Outcome.OK) is Outcome.OK
    figures = streams.figures()
    each_us = 1e6 * (time.process_time() - begun_s) / figures.events
    yield Line(f"parsing: {each_us:.1f} us for an event of {figures.events:,}, once the window is closed")


def _read(body: list[bytes]) -> StreamReads:
    """A stream as the connection would have kept it, one event a read."""
    reads = StreamReads(0, 1.0, 1.0, [])
    reads.has_begun, reads.zero_s, reads.first_s = True, 1.0, 1.0
    for number, event in enumerate(body):
        reads.note(1.001 + 0.02 * number)
        reads.pieces.append(event)
    return reads


def test_a_read_costs_little_above_a_bare_one() -> None:
    """Stamping and keeping an event takes less than 6 us."""
    _show_and_judge(reading(ROUNDS, DURATION_S))


def test_twice_the_events_can_be_read() -> None:
    """The generator is not the limit at 12,800 events a second."""
    _show_and_judge(headroom(HEADROOM_S))


def _show_and_judge(lines: Iterator[Line]) -> None:
    found = list(lines)
    print("", *found, sep="\n")
    assert not [line for line in found if not line.ok]


def main() -> int:
    """Print the sections; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=["reading", "headroom", "parsing"], default=[])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of reading (default {ROUNDS})")
    parser.add_argument(
        "--duration",
        type=float,
        default=DURATION_S,
        help=f"seconds of each measurement (default {DURATION_S:g})",
    )
    parser.add_argument("--bare", type=int, metavar="PORT", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.bare is not None:
        bind_to(CLIENT_CORE)
        for line in sys.stdin:
            fastest_runner()(bare(chosen.bare, float(line)))
        return 0
    sections: dict[str, Callable[[], Iterator[Line]]] = {
        "reading": lambda: reading(chosen.rounds, chosen.duration),
        "headroom": lambda: headroom(HEADROOM_S),
        "parsing": parsing,
    }
    if chosen.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds must be at least {FEWEST_ROUNDS}, not {chosen.rounds}")
    missed = 0
    for name, section in sections.items():
        if not chosen.only or name in chosen.only:
            for line in section():
                print(line, flush=True)
                missed += not line.ok
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
