"""How much of the stack's own cores others took: the arithmetic, and a real stranger on a real core."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from stackduel.observe.host.host_noise import NoiseMeter
from stackduel.observe.host.server_cores import ServerCores, ServerCpu, busy_seconds_on, taken_share
from stackduel.observe.resources.process_meter import ProcessTreeMeter
from stackduel.observe.resources.usage import Usage

OPENED = ServerCpu(1, busy_s=50.0, own_s=40.0)


def after(busy_s: float, own_s: float, cores: int = 1) -> ServerCpu:
    return ServerCpu(cores, 50.0 + busy_s, 40.0 + own_s)


def test_what_anyone_but_the_stack_took_of_its_core() -> None:
    """Of two seconds the core was busy for 1.9 and the stack had 1.3: others took 0.6, a share of 0.3."""
    assert taken_share(OPENED, after(1.9, 1.3), 0.9, 2.0) == pytest.approx(0.3)


def test_others_took_no_more_of_it_than_of_the_whole_host() -> None:
    """On a core that the generator shares, what is not the stack's is not all foreign: the host's figure bounds it."""
    assert taken_share(OPENED, after(1.9, 0.3), 0.2, 2.0) == pytest.approx(0.1)


def test_the_share_is_of_all_the_server_s_cores() -> None:
    """Half a second of the two seconds that two cores have is an eighth."""
    assert taken_share(replace(OPENED, cores=2), after(2.5, 2.0, cores=2), 9.0, 2.0) == pytest.approx(0.125)


def test_what_bounds_nothing_is_unknown() -> None:
    """No stack here, or neither figure: None. One of the two is enough, and no share is above 1 or below 0."""
    assert taken_share(None, after(1.0, 1.0), 0.5, 2.0) is None
    assert taken_share(ServerCpu(1), ServerCpu(1), None, 2.0) is None
    assert taken_share(ServerCpu(1), ServerCpu(1), 0.5, 2.0) == pytest.approx(0.25)
    assert taken_share(OPENED, after(1.0, 0.5), None, 2.0) == pytest.approx(0.25)
    assert taken_share(ServerCpu(1), ServerCpu(1), 7.0, 2.0) == 1.0
    assert taken_share(OPENED, after(1.0, 1.2), 0.5, 2.0) == 0.0


class Gone:
    """A stack that has ended."""

    def read(self) -> Usage:
        raise ProcessLookupError


def test_a_stack_that_ended_or_runs_elsewhere() -> None:
    """A share that cannot be read is None; a stack that is confined to no cores has at least one."""
    assert ServerCores(None, (0,)).read() is None
    ended = ServerCores(Gone(), (0,)).read()
    assert ended is not None
    assert (ended.cores, ended.own_s) == (1, None)
    assert ServerCores(Gone()).read() == ServerCpu(1)


def test_a_core_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cores have no places of their own in the system's list, nothing is read."""
    assert busy_seconds_on((100_000,)) is None
    monkeypatch.setattr(psutil, "cpu_count", lambda: 100_000)
    assert busy_seconds_on((0,)) is None


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to a core")
def test_a_stranger_on_the_core_is_seen(stranger: int) -> None:
    """A process that is none of ours, bound to the stack's core, takes a share of it that shows."""
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(stranger, {core})
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stack:
        meter = NoiseMeter(stack=ProcessTreeMeter(stack.pid), server_cores=(core,))
        times = psutil.Process(stranger).cpu_times()
        meter.start()
        time.sleep(0.6)
        meter.stop()
        used = psutil.Process(stranger).cpu_times()
        stack.kill()
    used_s = used.user + used.system - times.user - times.system
    taken = meter.noise().server_taken
    assert used_s > 0.02
    assert taken is not None
    assert 0.7 * used_s / 0.6 - 0.05 < taken <= 1.0
