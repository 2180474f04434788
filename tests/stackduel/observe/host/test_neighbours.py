"""Others at work: a process of nobody's is seen with its share, and our own never are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from stackduel.observe.host import neighbours
from stackduel.observe.host.neighbours import Neighbour, Neighbours

BUSY = "while True: pass"


def test_a_stranger_is_seen_and_our_own_children_are_not(stranger: int) -> None:
    """Of two processes that do the same, the one that descends from this one is not among the others."""
    with subprocess.Popen([sys.executable, "-c", BUSY]) as child:
        watch = Neighbours()
        watch.start()
        time.sleep(0.3)
        watch.stop()
        child.kill()
    seen = {pid for pid, _created in watch._after}
    assert stranger in seen
    assert seen.isdisjoint({child.pid, os.getpid()})
    everyone = watch.busiest(10_000)
    name = psutil.Process(stranger).name()
    assert any(each.name == name and 0 < each.share <= 1 for each in everyone)
    assert list(everyone) == sorted(everyone, key=lambda each: -each.share)
    assert watch.busiest(1) == everyone[:1]


def process(pid: int, name: str | None, cpu_s: float, created: float = 1.0) -> SimpleNamespace:
    """A process as the system shows it: half of its time in the kernel."""
    times = SimpleNamespace(user=cpu_s / 2, system=cpu_s / 2)
    return SimpleNamespace(pid=pid, info={"create_time": created, "cpu_times": times, "name": name})


def test_shares_are_parts_of_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share is a process's use within the window, over what all cores had; a number given out again starts anew."""
    moments = iter((10.0, 12.0))
    shown = [
        [
            process(-1, "steady", 5.0),
            process(-2, "idle", 7.0),
            process(-3, "former", 9.0),
            process(0, "System Idle Process", 0.0),
        ],
        [
            process(-1, "steady", 5.5),
            process(-2, "idle", 7.0),
            process(-3, "latter", 1.0, created=2.0),
            process(-4, "x\x1b[2J", 0.25),
            process(-5, None, 3.0),
            process(0, "System Idle Process", 8.0),
        ],
    ]
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(psutil, "process_iter", lambda _attributes: shown.pop(0))
    monkeypatch.setattr(neighbours, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    watch = Neighbours()
    watch.start()
    watch.stop()
    found = watch.busiest(5)
    assert found == (Neighbour("latter", 0.125), Neighbour("steady", 0.0625), Neighbour("x?[2J", 0.03125))
