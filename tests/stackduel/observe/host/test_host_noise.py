"""The host's other work: the arithmetic on made-up readings, and real processes, ours and a stranger."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest

from stackduel.model.trial import HostNoise
from stackduel.observe.host import host_noise as noise
from stackduel.observe.host.host_noise import HostCpu, NoiseMeter, Reading, host_cpu, host_noise_now, noise_between
from stackduel.observe.resources.process_meter import ProcessTreeMeter
from stackduel.observe.resources.usage import Usage

# Uses 0.3 s of CPU time, then says so and waits.
BURN = "import time\nwhile time.process_time() < 0.3: pass\nprint('rest', flush=True)\ninput()"

OPENED = Reading(100.0, HostCpu(5000.0, 900.0, 7.0), 30.0, (0.5, 0.5))


def after(wall_s: float, *, total_s: float, busy_s: float, stolen_s: float, own_s: float) -> Reading:
    """The reading at the other end of a window, in which the host's and our own clocks went on by so much."""
    host = OPENED.host
    assert host.stolen_s is not None
    assert OPENED.own_s is not None
    grown = HostCpu(host.total_s + total_s, host.busy_s + busy_s, host.stolen_s + stolen_s)
    return Reading(OPENED.at_s + wall_s, grown, OPENED.own_s + own_s, OPENED.throttled_s)


def test_shares_are_parts_of_the_host_s_cpu_time() -> None:
    """Two seconds on four cores: of their eight, 0.4 were stolen, and 1.2 of the 5.2 at work were not ours."""
    found = noise_between(OPENED, after(2.0, total_s=8.0, busy_s=5.2, stolen_s=0.4, own_s=4.0))
    assert found.steal == pytest.approx(0.05)
    assert found.foreign_cpu == pytest.approx(0.15)
    assert found.throttled_s == 0


def test_more_of_our_own_than_the_host_counted_is_no_foreign_time() -> None:
    """Ticks count less than the processes' own clocks at times: that is nobody's time, and never a negative share."""
    found = noise_between(OPENED, after(2.0, total_s=8.0, busy_s=3.98, stolen_s=-0.01, own_s=4.0))
    assert (found.steal, found.foreign_cpu) == (0.0, 0.0)


@pytest.mark.parametrize(("wall_s", "total_s"), [(0.15, 0.6), (1.0, 0.0)])
def test_too_short_a_window_says_nothing(wall_s: float, total_s: float) -> None:
    """Shares of a few ticks, or of none, are None, while the time of throttling is exact."""
    found = noise_between(OPENED, after(wall_s, total_s=total_s, busy_s=0.0, stolen_s=0.0, own_s=0.0))
    assert found == HostNoise(None, None, 0.0)


def test_what_cannot_be_read_is_none_and_the_rest_is_told() -> None:
    """No steal (macOS, Windows), a container that ended, no account of throttling: each is None on its own."""
    closed = after(2.0, total_s=8.0, busy_s=2.0, stolen_s=0.4, own_s=1.2)
    whole = noise_between(OPENED, closed)
    assert None not in (whole.steal, whole.foreign_cpu, whole.throttled_s)
    no_steal = replace(closed, host=replace(closed.host, stolen_s=None))
    assert noise_between(OPENED, no_steal) == replace(whole, steal=None)
    assert noise_between(OPENED, replace(closed, own_s=None)) == replace(whole, foreign_cpu=None)
    assert noise_between(OPENED, replace(closed, throttled_s=None)) == replace(whole, throttled_s=None)


def test_throttling_of_cgroups_around_one_another_is_not_added_up() -> None:
    """The longest counts."""
    closed = after(2.0, total_s=8.0, busy_s=0.0, stolen_s=0.0, own_s=0.0)
    assert noise_between(OPENED, replace(closed, throttled_s=(0.75, 1.5))).throttled_s == 1.0


@pytest.mark.parametrize(
    ("times", "read"),
    [
        # Guests are within user, interrupts stand apart.
        ("user=50 nice=1 system=9 idle=30 iowait=4 irq=1 softirq=3 steal=2 guest=20", HostCpu(100.0, 60.0, 2.0)),
        ("user=50 nice=1 system=9 idle=40", HostCpu(100.0, 60.0, None)),
        ("user=50 system=10 idle=40 interrupt=1 dpc=2", HostCpu(100.0, 57.0, None)),
    ],
    ids=["linux", "macos", "windows"],
)
def test_the_host_s_columns(times: str, read: HostCpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes at work are user, nice and system time without interrupts, whatever the system calls them."""
    columns = {name: float(value) for name, value in (each.split("=") for each in times.split())}
    monkeypatch.setattr(psutil, "cpu_times", lambda: SimpleNamespace(**columns))
    assert host_cpu() == read


class Container:
    """A meter that reads what a test says, one reading after another; None: it has ended."""

    def __init__(self, *cpu_s: float | None) -> None:
        self._cpu_s = iter(cpu_s)

    def read(self) -> Usage:
        found = next(self._cpu_s)
        if found is None:
            raise ProcessLookupError
        return Usage(found, 1.0)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[HostCpu]]:
    """The host as a test makes it up: one reading after another, half a minute apart."""
    readings: list[HostCpu] = []
    moments = iter(range(0, 3000, 30))
    monkeypatch.setattr(noise, "host_cpu", lambda: readings.pop(0))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(moments)))
    yield readings
    monkeypatch.undo()


def measured(host: list[HostCpu], busy_s: Sequence[float], meters: Sequence[Container | ProcessTreeMeter]) -> HostNoise:
    """The noise of a window in which the host's processes, on one core, went from one time to the other."""
    host += [HostCpu(index * 100.0, each, 0.0) for index, each in enumerate(busy_s)]
    meter = NoiseMeter(meters)
    meter.start()
    meter.stop()
    return meter.noise()


def test_containers_are_our_own(host: list[HostCpu]) -> None:
    """Use by the run's own containers is not foreign; one that ended leaves the share unknown."""
    found = measured(host, (10.0, 90.0), [Container(1.0, 41.0), Container(5.0, 25.0)])
    # Of 80 s their 60 are ours, and the few milliseconds that this process took meanwhile.
    assert found.foreign_cpu == pytest.approx(0.2, abs=0.01)
    assert measured(host, (10.0, 90.0), [Container(1.0, None)]) == HostNoise(0.0, None, found.throttled_s)


def test_a_local_process_is_counted_once() -> None:
    """A stack that runs as a process is a descendant of the runner: its time is within the runner's, and only there."""
    with subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        alone, meter = ProcessTreeMeter(os.getpid()), NoiseMeter([ProcessTreeMeter(process.pid)])
        meter.start()
        before_s = alone.cpu_s()
        assert process.stdout is not None
        process.stdout.readline()
        used_s = alone.cpu_s() - before_s
        meter.stop()
        process.kill()
    assert used_s == pytest.approx(0.3, abs=0.1)
    opened, closed = meter._opened, meter._closed
    assert opened is not None
    assert closed is not None
    assert closed.own_s is not None
    assert opened.own_s is not None
    assert closed.own_s - opened.own_s == pytest.approx(used_s, abs=0.05)


def test_before_a_window_nothing_is_known() -> None:
    """A meter that was not started, or not stopped, has nothing to tell."""
    meter = NoiseMeter()
    assert meter.noise() == HostNoise()
    meter.start()
    assert meter.noise() == HostNoise()


def test_a_stranger_at_work_is_foreign(stranger: int) -> None:
    """A process that keeps a core busy, and is none of ours, shows as a large part of that core's time."""
    before = psutil.Process(stranger).cpu_times()
    found = host_noise_now(0.6)
    now = psutil.Process(stranger).cpu_times()
    used_s = now.user + now.system - before.user - before.system
    # On a busy machine it gets less than a core: what it got is the least that must be seen.
    assert used_s > 0.05
    assert found.foreign_cpu is not None
    assert found.foreign_cpu > 0.7 * used_s / (0.6 * (psutil.cpu_count() or 1))
    assert found.steal is None or 0 <= found.steal <= 1
