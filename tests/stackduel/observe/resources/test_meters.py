"""The meter of a stack of several servers."""

from __future__ import annotations

import os

import pytest

from stackduel.model.target import ContainerRef, Elsewhere, ProcessTree, Several, parts_of
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.usage import SumMeter, Usage


class Fixed:
    """Reads the same every time, or has ended."""

    def __init__(self, usage: Usage | None) -> None:
        self._usage = usage

    def read(self) -> Usage:
        if self._usage is None:
            raise ProcessLookupError
        return self._usage

    def glance(self) -> Usage:
        return self.read()


@pytest.mark.parametrize("how", ["read", "glance"])
def test_several_meters_are_read_as_one(how: str) -> None:
    """CPU and memory add up; once one of them has ended, so has the whole."""
    both = SumMeter((Fixed(Usage(1.5, 10.0)), Fixed(Usage(0.25, 5.5))))
    assert getattr(both, how)() == Usage(1.75, 15.5)
    with pytest.raises(ProcessLookupError):
        getattr(SumMeter((Fixed(Usage(1.0, 1.0)), Fixed(None))), how)()


def test_a_stack_of_several_servers_has_one_meter() -> None:
    """A process tree twice uses what it uses twice; with a part elsewhere nothing is said of the whole."""
    here = ProcessTree(os.getpid())
    once, twice = meter_of(here), meter_of(Several((here, here)))
    assert once is not None
    assert twice is not None
    assert twice.read().memory_mib == pytest.approx(2 * once.read().memory_mib, rel=0.1)
    assert meter_of(Several((here, Elsewhere()))) is None


def test_what_a_subject_is_made_of() -> None:
    """Whatever is nested comes out flat; anything else is itself."""
    first, second = ContainerRef("a"), ContainerRef("b")
    assert parts_of(first) == (first,)
    assert parts_of(Several((first, Several((second,))))) == (first, second)
