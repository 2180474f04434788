"""The models, built once into a folder that later test runs reuse."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import pytest

from stackduel_servers.models.build import build
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.model import Model, load


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """All models, in ``$STACKDUEL_MODELS`` or the user's cache; only the first run ever fetches anything."""
    build(tuple(CATALOG), os.environ, lambda _line: None)


@pytest.fixture(scope="session")
def model(built: None) -> Callable[[str], Model]:
    """Loads each model once."""
    return cache(lambda name: load(name, os.environ))
