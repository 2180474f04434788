"""The routes that metrics are kept by: a fixed set, so that no client can make new ones with the paths it asks for."""

from __future__ import annotations

import re

from stackduel_servers.core.answers import ENDPOINTS
from stackduel_servers.core.target import is_infer

INFER = "/infer/{model}"
NAMED_IO_TEST = "/benchmark/{framework}-io-test"
DATABASE = ("/db", "/queries", "/updates", "/page", "/sleep")
MUSIC = ("/exercise", "/exercise/random", "/note-game")
OTHER = "other"
ROUTES = (*ENDPOINTS, NAMED_IO_TEST, *MUSIC, *DATABASE, OTHER)

_PATHS = frozenset(ROUTES) - {INFER, NAMED_IO_TEST, OTHER}
_IO_TEST = re.compile(r"/benchmark/[a-z]+-io-test")


def route_of(path: str) -> str:
    """Return the route of a path, one of ROUTES; OTHER for all that no service of ours has."""
    if path in _PATHS:
        return path
    if is_infer(path):
        return INFER
    return NAMED_IO_TEST if _IO_TEST.fullmatch(path) else OTHER
