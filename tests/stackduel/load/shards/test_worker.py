"""The worker process, spoken to as the engine does it: every message, every end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psutil
import pytest

from stackduel.load.clock import clock
from stackduel.load.recording.shard_result import ShardResult
from stackduel.load.schedule.shares import split
from stackduel.load.shards.channels import ProcessChannel, ShardMessage
from stackduel.model.suite import ClosedLoop
from stackduel.model.target import Address
from tests.stackduel.load.measuring import job_for
from tests.stackduel.load.scripted import ScriptedServer, answer_after, answer_all
from tests.until import until

ROOT = Path(__file__).resolve().parents[4]
SOON_S = 10.0


class Line:
    """A channel, with what comes from it."""

    def __init__(self) -> None:
        self.channel = ProcessChannel(core=0)
        self.events: SimpleQueue[ShardMessage | None] = SimpleQueue()

    def send_job(self, identity: int, address: Address, load: ClosedLoop, **options: Any) -> None:
        """Send a job as a whole to the one shard."""
        (share,) = split(load, 1)
        job = job_for(address, load, **options)
        self.channel.send({"id": identity, "job": job.to_json(), "share": share.to_json()})

    def next(self) -> ShardMessage | None:
        """The next event but progress; fails when none comes."""
        event = self.events.get(timeout=SOON_S)
        return self.next() if event is not None and event["event"] == "progress" else event

    def expect(self, event: str) -> ShardMessage:
        """The next event, which must be this one."""
        message = self.next()
        assert message is not None
        assert message["event"] == event, message
        return message


@pytest.fixture
def line() -> Iterator[Line]:
    """A line to a worker that is ready."""
    opened = Line()
    opened.channel.open(opened.events.put)
    try:
        opened.expect("ready")
        yield opened
    finally:
        opened.channel.close()


def gone(pid: int) -> bool:
    """Whether the process ends soon."""
    return until(lambda: not psutil.pid_exists(pid), SOON_S)


def test_one_job_after_another(line: Line) -> None:
    """A worker carries out job after job, each with its id on every event, and tells what it used."""
    with ScriptedServer(answer_all) as server:
        for identity in (1, 2):
            line.send_job(identity, server.address, ClosedLoop(3, requests=20, warmup_requests=5))
            assert line.expect("warm")["id"] == identity
            start_s = clock() + 0.1
            line.channel.send({"id": identity, "start": start_s})
            assert line.expect("started") == {"event": "started", "id": identity, "opened_s": start_s}
            assert clock() >= start_s
            line.expect("stopped")
            part = ShardResult.from_json(line.expect("result")["result"])
            assert part.tally.outcomes == {"ok": 20}
            assert part.warmup.requests == 5
            assert (part.generator.cores, part.generator.pinned) == ((0,), True)


def test_a_window_that_opens_at_once(line: Line) -> None:
    """Without a common clock the window opens when the message comes."""
    with ScriptedServer(answer_all) as server:
        line.send_job(1, server.address, ClosedLoop(1, duration_s=0.2))
        line.expect("warm")
        sent_s = clock()
        line.channel.send({"id": 1, "start": None})
        assert line.expect("started")["opened_s"] >= sent_s
        line.expect("stopped")
        assert clock() - sent_s < 1.0
        line.expect("result")


def test_the_window_s_events_are_prompt(line: Line) -> None:
    """The events of the opening and the closing come at these moments, whatever the load."""
    with ScriptedServer(answer_all) as server:
        line.send_job(1, server.address, ClosedLoop(8, duration_s=0.5))
        line.expect("warm")
        start_s = clock() + 0.05
        line.channel.send({"id": 1, "start": start_s})
        line.expect("started")
        assert clock() - start_s < 0.1
        line.expect("stopped")
        assert clock() - start_s - 0.5 < 0.1
        line.expect("result")


def test_an_abort_in_any_phase(line: Line) -> None:
    """A job can be aborted in its warm-up, while it waits and in its window, and the next is carried out."""
    with ScriptedServer(answer_after(lambda _: 0.01)) as server:
        line.send_job(1, server.address, ClosedLoop(2, duration_s=60, warmup_s=60))
        line.channel.send({"id": 1, "abort": True})
        assert line.expect("aborted")["id"] == 1

        line.send_job(2, server.address, ClosedLoop(2, duration_s=60))
        line.expect("warm")
        line.channel.send({"id": 2, "abort": True})
        assert line.expect("aborted")["id"] == 2

        line.send_job(3, server.address, ClosedLoop(2, duration_s=60))
        line.expect("warm")
        line.channel.send({"id": 3, "start": None})
        line.expect("started")
        line.channel.send({"id": 2, "abort": True})
        line.channel.send({"id": 3, "abort": True})
        assert line.expect("aborted")["id"] == 3

        line.send_job(4, server.address, ClosedLoop(2, requests=2))
        line.expect("warm")
        line.channel.send({"id": 4, "start": None})
        line.expect("started")
        line.expect("stopped")
        line.expect("result")


def test_an_error_is_told_and_survived(line: Line) -> None:
    """A job that cannot be carried out gives an error in words, its traceback goes to stderr, and the worker stays."""
    line.send_job(1, Address("127.0.0.1", 1, tls=True), ClosedLoop(1, requests=1))
    assert line.expect("error")["text"] == "ValueError: the raw driver cannot send this: TLS"
    line.send_job(2, Address("no-such-host.invalid", 80), ClosedLoop(1, requests=1))
    assert "gaierror" in line.expect("error")["text"]
    line.channel.send({"id": 3, "job": {}, "share": {}})
    assert line.expect("error") == {
        "event": "error",
        "id": 3,
        "text": "ValidationError: Object missing required field `address`",
    }
    assert line.channel.alive()
    line.channel.close()
    assert "Traceback" in line.channel.stderr_tail()


def test_a_large_job_arrives(line: Line) -> None:
    """A request of many megabytes goes down the line like any other."""
    from stackduel.model.suite import Workload

    with ScriptedServer(answer_all) as server:
        upload = Workload("/", "POST", body=bytes(range(256)) * 40_000)
        line.send_job(1, server.address, ClosedLoop(2, requests=4), workload=upload)
        line.expect("warm")
        line.channel.send({"id": 1, "start": None})
        line.expect("started")
        line.expect("stopped")
        assert ShardResult.from_json(line.expect("result")["result"]).tally.outcomes == {"ok": 4}


def test_quit_ends_a_worker(line: Line) -> None:
    """A worker that is told to quit ends, in the middle of a job, too."""
    with ScriptedServer(answer_all) as server:
        line.send_job(1, server.address, ClosedLoop(2, duration_s=60, warmup_s=60))
        line.channel.send({"quit": True})
        while line.next() is not None:
            pass
    assert until(lambda: not line.channel.alive(), SOON_S)


def test_a_worker_starts_quickly_and_with_little() -> None:
    """A worker imports no more than it needs: it runs in a small container, and aiohttp only where it is asked for."""
    program = (
        "import sys, stackduel.load.shards.worker; "
        "print(sorted({'aiohttp', 'click', 'docker', 'psutil', 'rich', 'requests', 'yarl'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_nothing_but_events_comes_on_the_line() -> None:
    """Whatever a library prints goes to stderr: the events stay readable."""
    program = (
        "import stackduel.load.shards.worker as worker\n"
        "serve = worker._serve\n"
        "async def noisy(stream):\n"
        "    print('noise', flush=True)\n"
        "    await serve(stream)\n"
        "worker._serve = noisy\n"
        "worker.main([])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, input=b'{"quit": true}\n', capture_output=True, check=True
    )
    assert [json.loads(line)["event"] for line in found.stdout.splitlines()] == ["ready"]
    assert found.stderr == b"noise\n"


def test_a_worker_does_not_outlive_a_killed_runner() -> None:
    """After kill -9 of the runner its workers end by themselves, in the middle of a load."""
    program = (
        "import sys, json\n"
        "from stackduel.load.engine import local_engine\n"
        "from stackduel.load.job import Job\n"
        "job = Job.from_json(json.loads(sys.argv[1]))\n"
        "with local_engine((), 2) as engine:\n"
        "    pids = [channel._process.pid for channel in engine._channels]\n"
        "    engine.measure(job, at_start=lambda: print(json.dumps(pids), flush=True))\n"
    )
    with ScriptedServer(answer_all) as server:
        job = json.dumps(job_for(server.address, ClosedLoop(2, duration_s=60)).to_json())
        runner = subprocess.Popen([sys.executable, "-c", program, job], cwd=ROOT, stdout=subprocess.PIPE)
        assert runner.stdout is not None
        with runner.stdout:
            pids = json.loads(runner.stdout.readline())
            assert len(pids) == 2
            runner.send_signal(signal.SIGKILL)
            runner.wait()
            assert all(gone(pid) for pid in pids)
