"""Each gate on both sides of its bound, and what becomes of a trial that fails one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from stackduel.analysis import gates
from stackduel.analysis.gates import Thresholds
from stackduel.model.measurement import Measurement
from stackduel.model.trial import Gate, HostNoise
from tests.stackduel.makers import measurement

QUIET = HostNoise(steal=0.0, foreign_cpu=0.02, throttled_s=0.0)


def busy(share: float) -> Measurement:
    """A measurement whose busiest shard used that share of its core."""
    found = measurement([100.0])
    return replace(found, generator=replace(found.generator, busiest=share))


def counting(succeeded: int, duration_s: float) -> Measurement:
    """A measurement of so many right answers."""
    return measurement([100.0] * succeeded, duration_s)


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (gates.generator_cpu(busy(0.70)), gates.generator_cpu(busy(0.71))),
        (gates.lateness(1.9, 1.0), gates.lateness(2.1, 1.0)),
        (gates.lateness(4.9, 100.0), gates.lateness(5.1, 100.0)),
        (gates.sent(995, 1000), gates.sent(994, 1000)),
        (gates.headroom(counting(100, 1.0), 200.0), gates.headroom(counting(100, 1.0), 199.0)),
        (gates.steal(HostNoise(steal=0.05)), gates.steal(HostNoise(steal=0.051))),
        (gates.foreign_cpu(HostNoise(foreign_cpu=0.10)), gates.foreign_cpu(HostNoise(foreign_cpu=0.11))),
        (gates.throttling(HostNoise(throttled_s=0.0)), gates.throttling(HostNoise(throttled_s=0.01))),
    ],
)
def test_each_gate_opens_at_its_bound(within: Gate, beyond: Gate) -> None:
    """The method's own bound is just good enough, and a hair beyond it is not; both name the same gate."""
    assert within.ok
    assert not beyond.ok
    assert within.name == beyond.name
    assert within.name in gates.KINDS


def test_the_details_show_the_figure_and_the_bound() -> None:
    """One sentence says what was seen and what would have been allowed."""
    assert gates.generator_cpu(busy(0.85)).detail == "The busiest shard used 85.0 % of its core (bound 70 %)."
    assert (
        gates.sent(1990, 2000).detail
        == "1,990 of 2,000 scheduled requests were sent or given up for want of a connection: 99.50 % (bound 99.5 %)."
    )
    assert gates.headroom(counting(100, 2.0), 75.0).detail == (
        "50.0 answers a second, where the null server gave 75 (bound: 2 times as many)."
    )


def test_requests_that_were_sent_again_void_a_trial_only_by_a_bound_of_the_user_s() -> None:
    """They are a result of the server: the method lets pass any share of them, and counts them in the detail."""
    again = replace(counting(500, 2.0), resent=10)
    assert gates.resent(replace(again, resent=500)).ok
    bounds = replace(gates.METHOD, resent=0.02)
    assert gates.resent(again, bounds).ok
    beyond = gates.resent(replace(again, resent=11), bounds)
    assert not beyond.ok
    assert beyond.detail == (
        "11 of 500 requests were sent again, as the server had closed their idle connections: 2.20 % (bound 2.00 %)."
    )


def test_steal_is_noted_before_it_is_too_much() -> None:
    """Between 1 % and 5 % a trial counts, and says that some time was taken."""
    assert "noted" not in gates.steal(HostNoise(steal=0.01)).detail
    noted = gates.steal(HostNoise(steal=0.03))
    assert noted.ok
    assert noted.detail == "The hypervisor took 3.0 % of the CPU time (bound 5 %, noted above 1 %)."


def test_facts_that_the_system_does_not_report_void_nothing() -> None:
    """On systems without these readings the gates say so, and let the trial pass."""
    unknown = [gate(HostNoise()) for gate in (gates.steal, gates.foreign_cpu, gates.throttling)]
    assert all(gate.ok and gate.detail.startswith("Unknown") for gate in unknown)


def test_a_pause_of_the_host_is_bounded_where_somebody_asks() -> None:
    """The method has no bound of its own; a search has one, and a system without steal passes."""
    assert gates.pause(HostNoise(pause_ms=500.0)).ok
    bounds = Thresholds(pause_ms=25.0)
    assert gates.pause(HostNoise(pause_ms=25.0), bounds).ok
    closed = gates.pause(HostNoise(pause_ms=40.0), bounds)
    assert (closed.ok, closed.detail) == (
        False,
        "The hypervisor took 40 ms of one core at a stretch (bound 25 ms).",
    )
    assert gates.pause(HostNoise(), bounds).detail.startswith("Unknown")


def test_thresholds_are_settings() -> None:
    """A user's own bound takes the place of the method's."""
    assert gates.generator_cpu(busy(0.9), Thresholds(generator_cpu=0.95)).ok
    assert not gates.steal(HostNoise(steal=0.02), Thresholds(steal=0.01)).ok


@pytest.mark.parametrize(
    ("succeeded", "duration_s", "places", "ok"),
    [
        (120, 1.5, 8, True),  # fifteen rounds of eight
        (128, 1.5, 8, True),  # sixteen, the first ending as the window opens and the last as it closes
        (136, 1.5, 8, False),
        (8160, 100.0, 8, True),
        (8177, 100.0, 8, False),
    ],
)
def test_nobody_answers_faster_than_the_wait_allows(succeeded: int, duration_s: float, places: int, ok: bool) -> None:
    """Eight at once that wait 100 ms leave room for 80 a second, 2 % and one more round at the window's edges."""
    gate = gates.arithmetic_ceiling(counting(succeeded, duration_s), places, 0.1)
    assert gate.ok is ok
    assert gate.name in gates.KINDS


@pytest.mark.parametrize(("places", "wait_s"), [(None, 0.1), (8, 0.0)])
def test_where_nobody_waits_there_is_no_ceiling(places: int | None, wait_s: float) -> None:
    """Without a wait, or a limit to those who wait, any rate is possible."""
    assert gates.arithmetic_ceiling(counting(10_000, 1.0), places, wait_s).ok


def test_nothing_scheduled_is_an_error() -> None:
    """There is no share of nothing."""
    with pytest.raises(ValueError, match="nothing was scheduled"):
        gates.sent(0, 0)


def test_the_reason_joins_what_failed() -> None:
    """A void trial says why in the words of its failed gates, and a good one says nothing."""
    good, bad, worse = Gate("steal", True, "Fine."), Gate("steal", False, "Bad."), Gate("sent", False, "Worse.")
    assert gates.void_reason([good, bad, worse]) == "Bad. Worse."
    assert gates.void_reason([good]) is None


def judged(noise: HostNoise, *more: Gate) -> tuple[Sequence[Gate], HostNoise]:
    """An attempt under that noise."""
    return (gates.steal(noise), gates.foreign_cpu(noise), *more), noise


def test_the_quietest_attempt_is_kept() -> None:
    """Of three noisy attempts the one with the fewest failed gates, then the least time lost to others, is kept."""
    stolen, both = HostNoise(steal=0.2, foreign_cpu=0.05), HostNoise(steal=0.06, foreign_cpu=0.11)
    less_stolen = HostNoise(steal=0.1, foreign_cpu=0.05)
    assert gates.quietest([judged(stolen), judged(both), judged(less_stolen)]) == 2
    assert gates.quietest([judged(both), judged(stolen)]) == 1
    assert gates.quietest([judged(stolen), judged(stolen)]) == 0


def test_what_the_generator_could_not_measure_is_not_kept() -> None:
    """An attempt that failed a gate of the generator's is left out however quiet the host was."""
    full = gates.generator_cpu(busy(0.99))
    noisy = HostNoise(steal=0.5)
    assert gates.quietest([judged(QUIET, full), judged(noisy)]) == 1
    assert gates.quietest([judged(QUIET, full)]) is None
