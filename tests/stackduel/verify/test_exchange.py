"""One plain HTTP exchange."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler

import pytest

from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, exchange
from tests.conftest import serving


def echo(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
    length = request.headers.get("Content-Length", "none")
    return 418, f"{request.command} {request.path} {request.headers.get('X-Mine')} {length}".encode()


def test_method_target_headers_and_body_arrive_as_given() -> None:
    """What is sent is what the server sees, and what it says comes back whole."""
    with serving(echo) as address:
        reply = exchange(address, "/a//b?x=%20", method="POST", headers=[("X-Mine", "1")], body=b"four")
        assert (reply.status, reply.body) == (418, b"POST /a//b?x=%20 1 4")
        assert reply.header("content-length") == str(len(reply.body))
        assert exchange(address, "/").body == b"GET / None none"


def test_no_answer_is_an_error_that_names_the_request() -> None:
    """Nobody listening, and an answer that is no HTTP, each raise an ExchangeError."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(ExchangeError, match=rf"GET http://127.0.0.1:{port}/x: "):
            exchange(Address("127.0.0.1", port), "/x", timeout_s=1)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(ExchangeError, match="timed out"):
        exchange(Address("127.0.0.1", mute.getsockname()[1]), "/x", timeout_s=0.1)
