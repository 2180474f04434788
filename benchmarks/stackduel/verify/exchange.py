"""One exchange, by HTTP or gRPC, for health checks and verification (never for load).

The request is built, and its answer read and limited, as under load: what is right here is right there.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterable

from stackduel.inference.grpc_channel import OPTIONS, grpc_target, root_certificates
from stackduel.inference.translation import is_grpc
from stackduel.load.drivers.answer_reader import AnswerError, AnswerReader
from stackduel.load.drivers.request_head import request_bytes
from stackduel.load.job import choose_driver
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Outcome
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.connecting import connected
from stackduel.verify.patience import Patience
from stackduel.verify.reply import ExchangeError, Reply
from stackduel.verify.websocket import ask_websocket

__all__ = ["ExchangeError", "Reply", "ask", "exchange", "exchange_raw"]

TIMEOUT_S = 30.0
READ_BYTES = 256 * 1024


def ask(
    address: Address,
    workload: Workload,
    *,
    timeout_s: float = TIMEOUT_S,
    driver: DriverName = "raw",
    called_off: threading.Event | None = None,
) -> Reply:
    """Send a workload once and read the whole answer, as a load with that driver would; raises ExchangeError.

    All of it takes ``timeout_s`` at most, and ends soon after the wait is ``called_off``.
    """
    if is_grpc(workload):
        return _call(address, workload, timeout_s)
    patience = Patience(timeout_s, called_off)
    if workload.is_websocket:
        return ask_websocket(address, workload, patience)
    chosen = choose_driver(address, [workload])[0]
    if "aiohttp" in {chosen, driver}:
        from stackduel.verify.full_client import ask_by_full_client  # noqa: PLC0415 - its import takes a third of a second

        return ask_by_full_client(address, workload, patience)
    what = f"{workload.method} {address.url}{workload.target}"
    try:
        request = request_bytes(address, workload)
    except ValueError as error:
        raise ExchangeError(f"{what}: {error}") from error
    return _converse(address, request, what, workload.method, patience)


def exchange(
    address: Address,
    target: str,
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    timeout_s: float = TIMEOUT_S,
) -> Reply:
    """Send one request on a connection of its own and read the whole answer; raises ExchangeError."""
    return ask(address, Workload(target, method, tuple(headers), body), timeout_s=timeout_s)


def exchange_raw(
    address: Address,
    request: bytes,
    method: str,
    timeout_s: float = TIMEOUT_S,
    called_off: threading.Event | None = None,
) -> Reply:
    """Send these bytes, the request of ``method``, and read the whole answer; raises ExchangeError."""
    return _converse(address, request, f"{method} {address.url}", method, Patience(timeout_s, called_off))


def _converse(address: Address, request: bytes, what: str, method: str, patience: Patience) -> Reply:
    reader = AnswerReader(head_only=method == "HEAD")
    try:
        with connected(address, max(patience.left_s, 0.001)) as connection:
            _read_while_sending(connection, request, reader, patience)
    except TimeoutError as error:
        raise ExchangeError(
            f"{what}: timed out: no whole answer in {patience.waited_s:.2g} s: {reader.progress}", Outcome.TIMEOUT
        ) from error
    except AnswerError as error:
        raise ExchangeError(f"{what}: {error}", error.outcome) from error
    except OSError as error:
        raise ExchangeError(f"{what}: {error or type(error).__name__}", Outcome.REFUSED) from error
    return Reply(reader.status, tuple(reader.headers), reader.body)


def _read_while_sending(connection: socket.socket, request: bytes, reader: AnswerReader, patience: Patience) -> None:
    """Send a request and take its answer, which may come before all of the request is sent; raises TimeoutError."""
    connection.setblocking(False)
    unsent = memoryview(request)
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while not reader.complete:
            if patience.over:
                raise TimeoutError
            for _, ready in selector.select(patience.slice_s):
                if ready & selectors.EVENT_WRITE:
                    unsent = _send(connection, unsent)
                    if not unsent:
                        selector.modify(connection, selectors.EVENT_READ)
                if ready & selectors.EVENT_READ:
                    _receive(connection, reader)


def _send(connection: socket.socket, unsent: memoryview) -> memoryview:
    """Send what fits; return the rest, which is nothing once the server takes no more: its answer may be there."""
    try:
        return unsent[connection.send(unsent) :]
    except BlockingIOError:
        return unsent
    except OSError:
        return unsent[:0]


def _receive(connection: socket.socket, reader: AnswerReader) -> None:
    try:
        data = connection.recv(READ_BYTES)
    except BlockingIOError:
        return
    except OSError:
        reader.end(clean=False)
        return
    if data:
        reader.feed(data)
    else:
        reader.end(clean=True)


def _call(address: Address, workload: Workload, timeout_s: float) -> Reply:
    """Make a unary call; a gRPC error status raises ExchangeError."""
    import grpc  # noqa: PLC0415 - part of the extra `inference`, and only where a stack speaks it

    target = grpc_target(address)
    credentials = grpc.ssl_channel_credentials(root_certificates(address))
    with (
        grpc.secure_channel(target, credentials, OPTIONS) if address.tls else grpc.insecure_channel(target, OPTIONS)
    ) as channel:
        try:
            body = channel.unary_unary(workload.target)(workload.body, timeout=timeout_s)
        except grpc.RpcError as error:
            status = f"{error.code().name}: {error.details()}"
            raise ExchangeError(f"{workload.label} on {target}: {status}", Outcome.STATUS) from error
    return Reply(200, (), body)
