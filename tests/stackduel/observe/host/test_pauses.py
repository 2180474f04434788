"""Pauses of the host: the arithmetic on made-up readings, and the watch of a window."""

from __future__ import annotations

import itertools

import pytest

from stackduel.observe.host import pauses
from stackduel.observe.host.pauses import PauseWatch, longest_pause_ms, stolen_by_core
from tests.until import until


@pytest.mark.parametrize(
    ("samples", "longest_ms"),
    [
        ([], None),
        ([(0.0, (5.0, 5.0))], None),
        ([(0.0, (5.0, 5.0)), (0.05, (5.0, 5.0))], 0.0),
        # Two neighbouring steps of one core are one stretch; what two cores lost is not added up.
        ([(0.0, (5.0, 5.0)), (0.05, (5.03, 5.02)), (0.1, (5.06, 5.02)), (0.15, (5.06, 5.02))], 60.0),
        # What lies further apart is not one stretch.
        ([(0.0, (5.0,)), (0.05, (5.04,)), (0.1, (5.04,)), (0.15, (5.04,)), (0.2, (5.08,))], 40.0),
        # The watch itself was held up: what was lost meanwhile is one stretch.
        ([(0.0, (5.0,)), (0.5, (5.2,))], 200.0),
    ],
)
def test_a_pause_is_what_one_core_lost_at_a_stretch(
    samples: list[tuple[float, tuple[float, ...]]], longest_ms: float | None
) -> None:
    """The most within 100 ms, of any core."""
    assert longest_pause_ms(samples) == (longest_ms if longest_ms is None else pytest.approx(longest_ms))


def test_a_window_is_watched_from_its_beginning_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stolen before it counts for nothing; a step within it does."""
    monkeypatch.setattr(pauses, "SAMPLE_S", 0.001)
    stolen_s = itertools.chain([(7.0,), (7.0,), (7.08,)], itertools.repeat((7.08,)))
    read = 0

    def count() -> tuple[float, ...]:
        nonlocal read
        read += 1
        return next(stolen_s)

    with PauseWatch(count) as watch:
        assert watch.longest_ms() is None
        watch.start()
        until(lambda: read > 5)
        watch.stop()
    assert watch.longest_ms() == pytest.approx(80.0)


@pytest.mark.parametrize(("wanted", "reads"), [(False, False), (True, True)])
def test_only_a_watch_that_is_wanted_reads(wanted: bool, reads: bool) -> None:
    """Other runs are not disturbed by it; a system that reports no steal has no pauses."""
    asked = []
    with PauseWatch(lambda: asked.append(1), wanted=wanted) as watch:
        watch.start()
        watch.stop()
    assert bool(asked) is reads
    assert watch.longest_ms() is None


def test_an_end_without_a_stop_leaves_no_thread() -> None:
    """A load that fails closes no window, and its watch ends all the same."""
    watch = PauseWatch(lambda: (0.0,))
    with pytest.raises(ValueError, match="load"), watch:
        watch.start()
        raise ValueError("the load failed")
    assert not watch._sampler.is_alive()


def test_this_system_reports_each_core_or_none() -> None:
    """Linux counts steal for every core."""
    read = stolen_by_core()
    assert read is None or all(each >= 0 for each in read)
