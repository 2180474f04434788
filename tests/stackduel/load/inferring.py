"""A gRPC inference server that does to every call exactly what a test's script says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

import grpc
import grpc.aio
from tritonclient.grpc import service_pb2

from stackduel.model.target import Address

Script = Callable[["Call"], Awaitable[bytes]]


class Call:
    """One call of a client, as a script sees it; ``number`` counts the server's calls from 0."""

    def __init__(self, number: int, request: Any, context: Any) -> None:
        self.number = number
        self.request = request
        self.peer: str = context.peer()
        self._context = context

    async def refuse(self, code: grpc.StatusCode, details: str = "") -> None:
        """End the call with a status."""
        await self._context.abort(code, details)


class InferenceServer(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Speaks GRPCInferenceService on a free port, in a thread with a loop of its own, and counts what comes."""

    def __init__(self, script: Script) -> None:
        self.calls = 0
        self.peers: set[str] = set()
        self._script = script
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.die()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def die(self) -> None:
        """Drop every connection and refuse all further ones."""
        self._call(self._server.stop(None))

    def service(self, handler_call_details: Any) -> Any:
        """Return the handler of a method."""
        if handler_call_details.method == "/inference.GRPCInferenceService/ModelInfer":
            return grpc.unary_unary_rpc_method_handler(self._infer, service_pb2.ModelInferRequest.FromString, None)
        if handler_call_details.method == "/inference.GRPCInferenceService/ServerReady":
            return grpc.unary_unary_rpc_method_handler(self._ready)
        return None

    async def _infer(self, request: Any, context: Any) -> bytes:
        call = Call(self.calls, request, context)
        self.calls += 1
        self.peers.add(call.peer)
        return await self._script(call)

    async def _ready(self, _request: bytes, _context: Any) -> bytes:
        return bytes(service_pb2.ServerReadyResponse(ready=True).SerializeToString())

    def _call(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _start(self) -> None:
        options = (("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1))
        self._server = grpc.aio.server(options=options)
        self._server.add_generic_rpc_handlers((self,))
        self.address = Address("127.0.0.1", self._server.add_insecure_port("127.0.0.1:0"))
        await self._server.start()
