"""The sizes and costs that docs/architecture.md states are counted, and the counting finds what it looks for."""

from __future__ import annotations

import pytest

from tests.counts import (
    ADDITIONS,
    PACKAGES,
    PAGE,
    Addition,
    doubled_types,
    function_lengths,
    modules,
    packages,
    renewed,
    touched,
)

BOUNDS = {
    "a stack of a known framework": 3,
    "a framework": 7,
    "a server": 9,  # three of them so that tune tries it
    "an endpoint": 16,  # a handler in each framework's apps, and four files more
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


def test_the_page_has_a_row_for_every_package() -> None:
    """Writing the figures anew changes figures alone, and nothing once they are new; a missing package is named."""
    page = PAGE.read_text(encoding="utf-8")
    new = renewed(page)
    assert renewed(new) == new
    changed = [line for line, other in zip(page.splitlines(), new.splitlines(), strict=True) if line != other]
    assert all(line.startswith(("| `", "| all", "- File names", "- Functions")) for line in changed)
    assert f"| {len(modules(PACKAGES[0]))} |" in new
    with pytest.raises(ValueError, match=r"architecture\.md has no row for storage"):
        renewed("\n".join(line for line in page.splitlines() if not line.startswith("| `storage`")))
