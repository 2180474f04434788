"""What the load engine's tests share."""

from __future__ import annotations

from typing import get_args

import pytest

from stackduel.load.job import Driver, HttpDriver


@pytest.fixture(params=get_args(HttpDriver))
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each driver of HTTP in turn."""
    name: Driver = request.param
    return name
