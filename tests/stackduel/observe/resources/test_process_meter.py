"""CPU and memory of a process tree, against work of a known size."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from stackduel.observe.resources.process_meter import ProcessTreeMeter
from stackduel.observe.resources.resource_watch import ResourceWatch
from stackduel.observe.resources.settle import settle

# A parent whose child burns CPU on demand and ends: the line back says how much it really used.
PARENT = """
import subprocess, sys
CHILD = "import sys, time\\nheld = bytearray(int(sys.argv[2]))\\n" \\
    "while time.process_time() < float(sys.argv[1]): pass\\n" \\
    "print(time.process_time(), flush=True)\\n" \\
    "input() if sys.argv[3] == 'stay' else None"
print("ready", flush=True)
for line in sys.stdin:
    child = subprocess.Popen([sys.executable, "-c", CHILD, *line.split()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    used = child.stdout.readline().strip()
    if line.split()[2] == "end":
        child.wait()
    print(used, flush=True)
"""


class Worker:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.answer()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def burn(self, seconds: float, held_bytes: int, then: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seconds} {held_bytes} {then}\n")
        self.process.stdin.flush()
        return float(self.answer())


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.process.kill()
    made.process.communicate()


@pytest.mark.parametrize("then", ["stay", "end"])
def test_cpu_seconds_hold_children_that_live_and_that_ended(worker: Worker, then: str) -> None:
    """The CPU time of a descendant counts while it lives and after its parent reaped it, exactly once."""
    meter = ProcessTreeMeter(worker.process.pid)
    before = meter.read().cpu_s
    used_s = worker.burn(0.4, 0, then)
    # What a reaped child used is known in ticks of 10 ms; its exit costs a little more.
    assert meter.read().cpu_s - before == pytest.approx(used_s, abs=0.06)


def test_memory_holds_the_children(worker: Worker) -> None:
    """A child that holds 64 MiB adds about as much."""
    meter = ProcessTreeMeter(worker.process.pid)
    before = meter.read().memory_mib
    worker.burn(0.0, 64 * 1024 * 1024, "stay")
    assert 60 < meter.read().memory_mib - before < 90


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is shared")
def test_a_glance_sees_what_a_reading_does() -> None:
    """Forked children share their parent's 64 MiB: they count once at a glance, too, and 64 more of a child's as 64."""
    program = (
        "import os, sys, time\nheld = bytearray(64 << 20)\nread, write = os.pipe()\n"
        "for _ in range(3):\n    if os.fork() == 0:\n        os.read(read, 1)\n        mine = bytearray(64 << 20)\n"
        "        print('held', flush=True)\n        time.sleep(600)\n"
        "print('ready', flush=True)\nfor line in sys.stdin: os.write(write, b'x')\n"
    )
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        meter = ProcessTreeMeter(process.pid)
        try:
            assert process.stdout.readline() == "ready\n"
            before = meter.read()
            assert 64 < before.memory_mib < 120
            assert meter.glance().memory_mib == pytest.approx(before.memory_mib, abs=2)
            process.stdin.write("go\n")
            process.stdin.flush()
            assert process.stdout.readline() == "held\n"
            assert meter.glance().memory_mib - before.memory_mib == pytest.approx(64, abs=3)
            assert meter.read().memory_mib - before.memory_mib == pytest.approx(64, abs=3)
        finally:
            for each in (*psutil.Process(process.pid).children(), psutil.Process(process.pid)):
                each.kill()


def test_a_glance_knows_new_processes_and_gone_ones(worker: Worker) -> None:
    """A child that came since the last reading counts; a tree that has ended is told."""
    meter = ProcessTreeMeter(worker.process.pid)
    before = meter.read()
    used_s = worker.burn(0.2, 64 * 1024 * 1024, "stay")
    after = meter.glance()
    assert 60 < after.memory_mib - before.memory_mib < 90
    assert after.cpu_s - before.cpu_s == pytest.approx(used_s, abs=0.06)
    worker.process.kill()
    worker.process.communicate()
    with pytest.raises(ProcessLookupError):
        meter.glance()


def test_a_tree_that_ended_is_told(worker: Worker) -> None:
    """Reading a process that is gone raises ProcessLookupError instead of a zero."""
    worker.process.kill()
    worker.process.communicate()
    with pytest.raises(ProcessLookupError):
        ProcessTreeMeter(worker.process.pid).read()


def test_a_watch_counts_only_its_window(worker: Worker) -> None:
    """CPU used before the window opens or after it closes is not in the cost; the peak memory inside it is."""
    meter = ProcessTreeMeter(worker.process.pid)
    worker.burn(0.3, 0, "end")
    with ResourceWatch(meter) as watch:
        watch.start()
        used_s = worker.burn(0.2, 32 * 1024 * 1024, "stay")
        watch.stop()
        worker.burn(0.3, 0, "end")
    cost = watch.cost()
    assert cost is not None
    assert cost.cpu_s == pytest.approx(used_s, abs=0.06)
    assert cost.memory_peak_mib > 32


def test_a_watch_without_a_meter_costs_nothing_known() -> None:
    """Where nothing can be read the cost is None, never zero."""
    with ResourceWatch(None) as watch:
        watch.start()
        watch.stop()
    assert watch.cost() is None


def test_settling_waits_for_the_cpu_to_rest() -> None:
    """A process that works for a while is settled only after that; one that never rests is not."""
    busy = "import time\nwhile time.process_time() < 0.6: pass\nprint('rest', flush=True)\ninput()"
    process = subprocess.Popen([sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        meter = ProcessTreeMeter(process.pid)
        assert settle(meter, deadline_s=20)
        assert meter.read().cpu_s >= 0.6
    finally:
        process.kill()
        process.communicate()
    endless = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        began = time.monotonic()
        assert not settle(ProcessTreeMeter(endless.pid), deadline_s=0.5)
        assert time.monotonic() - began >= 0.5
    finally:
        endless.kill()
        endless.wait()
    assert settle(None)
