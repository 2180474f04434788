"""The routes that metrics are kept by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.core.metrics.routes import OTHER, ROUTES, route_of
from stackduel_servers.music.answers import ENDPOINTS as MUSIC
from stackduel_servers.supported import WEB_FRAMEWORKS


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/json", "/json"),
        ("/json/", OTHER),
        ("/infer/vad", "/infer/{model}"),
        ("/infer/no-such-model", "/infer/{model}"),
        ("/infer/", OTHER),
        ("/infer/a/b", OTHER),
        ("/infer/{model}/", OTHER),
        ("/benchmark/io-test", "/benchmark/io-test"),
        ("/benchmark/flask-io-test", "/benchmark/{framework}-io-test"),
        ("/benchmark/{framework}-io-test", OTHER),
        ("other", OTHER),
        ("/.env", OTHER),
    ],
)
def test_a_path_has_its_route(path: str, route: str) -> None:
    """Variable parts are one route; what no service has is one route, too."""
    assert route_of(path) == route


def test_every_endpoint_has_a_route() -> None:
    """The music service's endpoints and each framework's own name of the fan-out are no strangers."""
    assert OTHER not in {route_of(path) for path in MUSIC}
    assert {route_of(f"/benchmark/{name}-io-test") for name in WEB_FRAMEWORKS} == {"/benchmark/{framework}-io-test"}


@given(st.text())
def test_no_path_makes_a_new_route(path: str) -> None:
    """However a client asks, the number of series stays."""
    assert route_of(path) in ROUTES
