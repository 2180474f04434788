"""Paths in one form that is the same for every framework."""

from __future__ import annotations

import pytest

from stackduel_servers.core.target import path_of, refusal


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/json", "/json"),
        ("//json", "//json"),
        ("/a://b", "/a://b"),
        ("http://host/json", "/json"),
        ("HTTPS://host:80//json", "//json"),
        ("http://host", "/"),
        ("http://host/", "/"),
        ("", "/"),
        ("*", "*"),
        ("host:80", "host:80"),
    ],
)
def test_the_path_of_a_target(target: str, path: str) -> None:
    """Everything before the path of an absolute target is dropped, and nothing else changes."""
    assert path_of(target) == path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/json", None),
        ("POST", "/", None),
        ("GET", "//json", 404),
        ("POST", "//json", 404),
        ("GET", "/json\n", 404),
        ("GET", "/\x00", 404),
        ("OPTIONS", "*", 405),
        ("GET", "*", 404),
        ("CONNECT", "host:80", 404),
    ],
)
def test_what_frameworks_disagree_on_is_refused(method: str, path: str, status: int | None) -> None:
    """Paths that only some frameworks would match are 404 before any framework sees them."""
    refused = refusal(method, path)
    assert (refused.status if refused else None) == status
