"""Waiting for a server that speaks HTTP/2 alone, and for one that stands beside another."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from stackduel.launch.companion import StackWithCompanion, companion_of
from stackduel.launch.health import wait_until_healthy
from stackduel.model.errors import LaunchError
from stackduel.model.target import Address, ProcessTree, Several
from stackduel.planning.registry import registered_stacks

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@dataclass
class Server:
    """A started server as the launchers know it."""

    address: Address
    pid: int = 1
    reason: str | None = None
    log: str = ""
    inner_address: Address | None = None

    @property
    def subject(self) -> ProcessTree:
        return ProcessTree(self.pid)

    def failure(self) -> str | None:
        return self.reason

    def log_tail(self, lines: int = 20) -> str:
        return self.log


@contextmanager
def greeting(*answers: bytes) -> Iterator[Server]:
    """A server that answers one connection after the other with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    assert connection.recv(100).startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Server(Address("127.0.0.1", listener.getsockname()[1]))
        thread.join()


def test_http_2_s_greeting_is_health_enough() -> None:
    """What is no greeting yet is asked again; a frame of settings is the answer that was waited for."""
    with greeting(b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", SETTINGS) as server:
        wait_until_healthy("mine", server, None, 10.0)


def test_a_server_that_never_greets_is_told() -> None:
    """At the deadline the error says what was there instead."""
    deaf = pytest.raises(LaunchError, match=r"mine: not healthy within 0.01 s: it does not speak HTTP/2")
    with greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server, deaf:
        wait_until_healthy("mine", server, None, 0.01)
    nobody = Server(Address("127.0.0.1", 9))
    with pytest.raises(LaunchError, match=r"mine: not healthy within 0.01 s: .*refused"):
        wait_until_healthy("mine", nobody, None, 0.01)


def test_two_servers_are_one_stack() -> None:
    """The address is the first one's, what both use is the stack's, and so is the failure and the log of either."""
    server, companion = Server(Address("h", 1), pid=1, log="served"), Server(Address("h", 2), pid=2, log="inferred")
    both = StackWithCompanion(server, companion)
    assert both.address == Address("h", 1)
    assert both.subject == Several((ProcessTree(1), ProcessTree(2)))
    assert both.failure() is None
    assert both.log_tail() == "inferred\nserved"
    companion.reason = "the server ended with exit status 1"
    assert both.failure() == "its companion: the server ended with exit status 1"
    server.reason = "the server ended with exit status 2"
    assert both.failure() == "the server ended with exit status 2"


def test_companions_are_the_registry_s() -> None:
    """What calls Triton has it beside it, with nothing loaded yet; Triton itself and all others stand alone."""
    stacks = registered_stacks()
    found = {name: companion for name, stack in stacks.items() if (companion := companion_of(stack))}
    assert set(found) == {"fastapi-triton", "fastapi-triton-unpooled"}
    for companion in found.values():
        assert companion.stack == stacks["triton"]
        assert companion.url_variable == "TRITON_URL"
        assert companion.environment == {"TRITON_MODELS": "none"}
