"""One plain exchange, by HTTP or gRPC, for health checks and verification (never for load)."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

from stackduel.inference.grpc_channel import OPTIONS, grpc_target
from stackduel.inference.translation import is_grpc
from stackduel.model.suite import Workload
from stackduel.model.target import Address

MAX_BODY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An unchanged answer: status, headers in order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in upper or lower case; None without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class ExchangeError(Exception):
    """No answer, or an answer that is not HTTP; the message says which."""


def ask(address: Address, workload: Workload, *, timeout_s: float = 30.0) -> Reply:
    """Send a workload once, unchanged, and read the whole answer; raises ExchangeError."""
    if is_grpc(workload):
        return _call(address, workload, timeout_s)
    return exchange(
        address,
        workload.target,
        method=workload.method,
        headers=workload.headers,
        body=workload.body,
        timeout_s=timeout_s,
    )


def exchange(
    address: Address,
    target: str,
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    timeout_s: float = 30.0,
) -> Reply:
    """Send one request on a connection of its own and read the whole answer; raises ExchangeError."""
    connection = _connect(address, timeout_s)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body or method in {"POST", "PUT", "PATCH"}:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        content = response.read(MAX_BODY_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ExchangeError(f"{method} {address.url}{target}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if len(content) > MAX_BODY_BYTES:
        raise ExchangeError(f"{method} {address.url}{target}: the body is over {MAX_BODY_BYTES} bytes")
    return Reply(response.status, tuple(response.getheaders()), content)


def exchange_raw(address: Address, request: bytes, method: str, timeout_s: float = 30.0) -> Reply:
    """Send these bytes, the request of ``method``, and read the whole answer; raises ExchangeError."""
    try:
        with socket.create_connection((address.host, address.port), timeout_s) as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            content = response.read(MAX_BODY_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ExchangeError(f"{method} {address.url}: {error or type(error).__name__}") from error
    return Reply(response.status, tuple(response.getheaders()), content)


def _call(address: Address, workload: Workload, timeout_s: float) -> Reply:
    """Make a unary call; a gRPC error status raises ExchangeError."""
    import grpc  # noqa: PLC0415 - part of the extra `inference`, and only where a stack speaks it

    target, credentials = grpc_target(address), grpc.ssl_channel_credentials()
    with (
        grpc.secure_channel(target, credentials, OPTIONS) if address.tls else grpc.insecure_channel(target, OPTIONS)
    ) as channel:
        try:
            body = channel.unary_unary(workload.target)(workload.body, timeout=timeout_s)
        except grpc.RpcError as error:
            status = f"{error.code().name}: {error.details()}"
            raise ExchangeError(f"{workload.label} on {target}: {status}") from error
    return Reply(200, (), body)


def _connect(address: Address, timeout_s: float) -> http.client.HTTPConnection:
    if address.tls:
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(address.host, address.port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
