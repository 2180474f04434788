"""The opening handshake of a WebSocket (RFC 6455, section 4)."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import replace
from typing import NamedTuple

from stackduel.load.drivers.request_head import request_headers
from stackduel.model.suite import Workload
from stackduel.model.target import Address

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ACCEPT = b"sec-websocket-accept"
SWITCHED = 101
# Those that the client itself sends, and an offer that it could not keep.
OWN_HEADERS = frozenset(
    {"upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"}
)


class Handshake(NamedTuple):
    """The request that opens a WebSocket, but for the key, which is a new one each time."""

    head: bytes

    @staticmethod
    def of(address: Address, workload: Workload) -> Handshake:
        """Return the handshake of a workload; raises ValueError where a header may not be in it."""
        for name, _ in workload.headers:
            if name.lower() in OWN_HEADERS:
                raise ValueError(f"a WebSocket's handshake has its own {name} header")
        lines = [f"GET {workload.target} HTTP/1.1"]
        # The body is that of the messages.
        lines += [f"{name}: {value}" for name, value in request_headers(address, replace(workload, body=b""))]
        lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: "]
        if not all(line.isprintable() for line in lines):
            raise ValueError("a request's target and headers must be printable")
        return Handshake("\r\n".join(lines).encode("latin-1"))

    def begin(self) -> tuple[bytes, bytes]:
        """Return the bytes of a request, and what the server has to accept it with."""
        key = base64.b64encode(os.urandom(16))
        return self.head + key + b"\r\n\r\n", accept_of(key)


def accept_of(key: bytes) -> bytes:
    """Return the answer to a key, which proves that the server has understood it."""
    return base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
