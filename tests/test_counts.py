"""What docs/architecture.md states about sizes and costs is counted, and the counting finds what it looks for."""

from __future__ import annotations

import pytest

from tests.counts import ADDITIONS, PACKAGES, Addition, doubled_types, function_lengths, modules, packages, touched

BOUNDS = {
    "a stack of a known framework": 3,
    "a framework": 7,
    "a server": 5,
    "an endpoint": 11,
    "a suite": 1,
    "a report section": 2,
    "a load driver": 3,
}


@pytest.mark.parametrize("addition", ADDITIONS, ids=lambda addition: addition.what)
def test_an_addition_stays_cheap(addition: Addition) -> None:
    """No more files know an example than an addition of its kind may cost."""
    assert 1 <= len(touched(addition)) <= BOUNDS[addition.what], touched(addition)


def test_the_packages_hold_all_modules() -> None:
    """The packages together have as many modules as the tree."""
    for top in PACKAGES:
        assert sum(count for _, count, _ in packages(top)) == len(modules(top))


def test_triton_s_own_name_is_the_only_doubled_one() -> None:
    """Triton's Python backend asks for a class of this name in each model's module."""
    assert set(doubled_types()) == {"TritonPythonModel"}


def test_most_functions_are_short() -> None:
    """At most one function in fifty has more than 30 lines."""
    lengths = function_lengths()
    assert sum(length > 30 for length in lengths) <= len(lengths) / 50
