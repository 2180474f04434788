"""Telling a port that the kernel forwards from one that a process forwards."""

from __future__ import annotations

import socket

from stackduel.containers.forwarding import forwarding_to


def test_forwarding_is_told_from_a_port_behind_which_nobody_listens() -> None:
    """A process that accepts there forwards; where the kernel forwards, the connection is refused."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert forwarding_to(port) == "proxy"
    assert forwarding_to(port) == "kernel"
