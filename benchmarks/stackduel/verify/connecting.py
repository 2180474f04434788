"""One plain connection to an address, over TCP or a unix socket."""

from __future__ import annotations

import socket

from stackduel.model.target import Address


def connected(address: Address, within_s: float) -> socket.socket:
    """Return a connection; raises OSError where none is made in time."""
    if not address.socket:
        return socket.create_connection((address.host, address.port), within_s)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(within_s)
        connection.connect(address.socket)
    except BaseException:
        connection.close()
        raise
    return connection
