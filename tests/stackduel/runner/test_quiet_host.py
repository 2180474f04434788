"""A busy host is named before anything is measured, and waited for if the user wishes it."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

import pytest

from stackduel.analysis.gates import METHOD, Thresholds
from stackduel.model.trial import HostNoise
from stackduel.runner.quiet_host import HostLook, await_quiet, look_around, time_with_repeats
from tests.conftest import ANY_HOST

BUSY = HostLook(HostNoise(0.0, 0.31, 0.0), "node 24.0 %, chrome 5.0 %")
QUIET = HostLook(HostNoise(0.0, 0.02, 0.0))


class Host:
    """A host that is as a test says, one look of a second after another; the last look lasts."""

    def __init__(self, looks: Iterable[HostLook]) -> None:
        self._looks = list(looks)
        self.now_s = 100.0
        self.lines: list[str] = []

    def look(self) -> HostLook:
        self.now_s += 1.0
        return self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]

    def wait(self, wait_s: float | None, bounds: Thresholds = METHOD) -> str | None:
        return await_quiet(wait_s, bounds, self.lines.append, look=self.look, now=lambda: self.now_s)


def test_a_quiet_host_is_not_mentioned() -> None:
    """One look, and the run begins, whether it would have waited or not."""
    for wait_s in (None, 60.0):
        host = Host([QUIET])
        assert host.wait(wait_s) is None
        assert host.lines == []
        assert host.now_s == 101.0


def test_a_busy_host_is_named_at_once_with_the_busiest_processes() -> None:
    """Share, bound, processes, what follows and what to do, in one line; the run begins without waiting."""
    host = Host([BUSY])
    note = host.wait(None)
    (line,) = host.lines
    assert line.startswith("This host is busy: Other processes used 31.0 % of the host's CPU time (bound 10 %).")
    assert "Busiest: node 24.0 %, chrome 5.0 %." in line
    assert "--wait-quiet" in line
    assert note is not None
    assert "31.0 %" in note
    # Reports are read by others.
    assert "node" not in note


def test_a_stolen_host_is_busy_too() -> None:
    """The hypervisor's share counts, and names nobody."""
    host = Host([HostLook(HostNoise(0.2, 0.0, 0.0))])
    assert host.wait(None) is not None
    assert "The hypervisor took 20.0 %" in host.lines[0]
    assert "Busiest" not in host.lines[0]


def test_the_run_waits_until_two_looks_are_quiet() -> None:
    """A pause between two bursts is no end of them."""
    host = Host([BUSY, BUSY, QUIET, BUSY, QUIET, QUIET])
    assert host.wait(600.0) is None
    assert host.now_s == 106.0
    assert host.lines[0].startswith("Waiting until the host is quiet, 10 min at most:")
    assert host.lines[-1].startswith("The host is quiet after ")


def test_the_wait_has_a_limit_and_is_told_now_and_then() -> None:
    """After it the run begins all the same, and its report says how the host was."""
    host = Host([BUSY])
    note = host.wait(25.0)
    assert host.now_s == pytest.approx(126.0, abs=1.0)
    assert 3 <= len(host.lines) <= 5
    assert host.lines[0].startswith("Waiting until the host is quiet, 25 s at most: ")
    assert "s more at most: " in host.lines[1]
    assert host.lines[-1].startswith("Still busy after 25 s:")
    assert note is not None
    assert note.startswith("The host was busy before the run began.")


def test_the_user_s_own_bounds_count() -> None:
    """A host that is quiet enough for the run's gates is quiet; without any bound nobody looks."""
    assert Host([BUSY]).wait(None, Thresholds(foreign_cpu=0.4)) is None
    host = Host([BUSY])
    names = [each.split("=") for each in ANY_HOST[1::2]]
    assert host.wait(None, Thresholds(**{name: float(value) for name, value in names})) is None
    assert host.now_s == 100.0


def test_a_real_look_takes_a_second() -> None:
    """Shares are parts of the host's time, and a process that is named has one."""
    seen = look_around()
    assert seen.noise.foreign_cpu is None or 0 <= seen.noise.foreign_cpu <= 1
    assert not seen.busiest or seen.busiest.endswith("%")


def test_the_time_on_a_busy_host_is_a_range() -> None:
    """Without repeats, and with two of every trial, or as many as a time budget allows."""
    assert time_with_repeats(205.0, inf) == (
        "It takes from 3 min 25 s to 10 min 15 s, by how many trials have to be repeated."
    )
    assert "from 3 min 25 s to 5 min, by" in time_with_repeats(205.0, 95.0)
