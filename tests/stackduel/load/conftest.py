"""Fixtures of the load engine's tests."""

from __future__ import annotations

import pytest

from stackduel.model.driver import DriverName
from tests.stackduel.load.measuring import HTTP_DRIVERS


@pytest.fixture(params=HTTP_DRIVERS)
def driver(request: pytest.FixtureRequest) -> DriverName:
    """Each driver of HTTP in turn."""
    name: DriverName = request.param
    return name
