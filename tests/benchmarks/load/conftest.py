"""What the load engine's tests share."""

from __future__ import annotations

from typing import get_args

import pytest

from benchmarks.load.job import Driver


@pytest.fixture(params=get_args(Driver))
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each driver in turn."""
    name: Driver = request.param
    return name
