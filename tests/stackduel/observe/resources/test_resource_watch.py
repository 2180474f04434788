"""Resources that are spent between two moments."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from stackduel.model.trial import Cost
from stackduel.observe.resources import resource_watch as watch_module
from stackduel.observe.resources.resource_watch import CpuUse, ResourceWatch
from stackduel.observe.resources.usage import Usage

ENDED = None


class Meter:
    """Says one reading after another, and the last one again and again; None stands for a stack that has ended."""

    def __init__(self, readings: Sequence[Usage | None]) -> None:
        self._readings: Iterator[Usage | None] = iter(readings)
        self._last: Usage | None = ENDED
        self._lock = threading.Lock()
        self.asked = 0
        self.asked_often = threading.Event()

    def read(self) -> Usage:
        with self._lock:
            self._last = next(self._readings, self._last)
            self.asked += 1
            if self.asked >= 10:
                self.asked_often.set()
            if self._last is None:
                raise ProcessLookupError
            return self._last

    def glance(self) -> Usage:
        return self.read()


def test_spending_is_what_lies_between_start_and_stop() -> None:
    """CPU seconds of before the window are not its."""
    spending = CpuUse(Meter([Usage(10.0, 64.0), Usage(12.5, 64.0)]))
    assert spending.cpu_s() is None, "a window that never opened cost nothing that could be told"
    spending.start()
    assert spending.cpu_s() is None
    spending.stop()
    assert spending.cpu_s() == 2.5


@pytest.mark.parametrize(
    "meter", [None, Meter([ENDED]), Meter([Usage(1.0, 64.0), ENDED]), Meter([ENDED, Usage(1.0, 64.0)])]
)
def test_what_cannot_be_read_at_both_ends_is_unknown(meter: Meter | None) -> None:
    """Without a meter, or where the stack had ended at either end, there is no figure, and no zero."""
    spending = CpuUse(meter)
    spending.start()
    spending.stop()
    assert spending.cpu_s() is None


def test_nothing_spent_is_a_zero_that_was_measured() -> None:
    """An idle stack is known to have used no CPU time."""
    spending = CpuUse(Meter([Usage(0.0, 64.0)]))
    spending.start()
    spending.stop()
    assert spending.cpu_s() == 0.0


def test_a_watch_samples_memory_while_the_window_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The peak lies between the ends, and is seen there; afterwards nobody samples any more."""
    monkeypatch.setattr(watch_module, "SAMPLE_S", 0.001)
    readings = [Usage(1.0, 10.0), Usage(1.0, 10.0), Usage(1.5, 90.0), Usage(2.0, 20.0)]
    meter = Meter(readings)
    with ResourceWatch(meter) as watch:
        watch.start()
        assert meter.asked_often.wait(30)
        watch.stop()
    cost = watch.cost()
    assert cost is not None
    assert replace(cost, memory=()) == Cost(1.0, 90.0)
    assert [each.mib for each in cost.memory][:2] == [10.0, 90.0]
    assert [each.t_s for each in cost.memory] == sorted(each.t_s for each in cost.memory)
    assert not watch._sampler.is_alive()


def test_a_watch_without_a_meter_costs_nothing_that_is_known() -> None:
    """A stack elsewhere has no cost, and one that never was loaded has none either."""
    with ResourceWatch(None) as watch:
        watch.start()
        watch.stop()
    assert watch.cost() is None
    with ResourceWatch(Meter([Usage(1.0, 10.0)])) as unused:
        pass
    assert unused.cost() is None


def test_a_stack_that_ends_within_the_window_has_no_cost() -> None:
    """Its use until then is not the cost of the whole window."""
    with ResourceWatch(Meter([Usage(1.0, 10.0), Usage(1.0, 10.0), ENDED])) as watch:
        watch.start()
        watch.stop()
    assert watch.cost() is None


def test_an_error_within_the_window_ends_the_sampling() -> None:
    """A load that breaks leaves no thread behind."""
    with pytest.raises(RuntimeError, match="broken"), ResourceWatch(Meter([Usage(1.0, 10.0)])) as watch:
        watch.start()
        raise RuntimeError("broken")
    assert not watch._sampler.is_alive()
