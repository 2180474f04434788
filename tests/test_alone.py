"""The list of what runs alone."""

from __future__ import annotations

import pytest

from tests.conftest import ALONE, TESTS


@pytest.mark.parametrize("name", ALONE)
def test_what_runs_alone_is_there(name: str) -> None:
    """A file that moved is listed where it is now: else it would run beside others, and fail now and then."""
    assert (TESTS / name).exists()
