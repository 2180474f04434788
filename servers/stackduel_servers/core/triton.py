"""Async calls to a Triton server: over one client that keeps its connections, or over a new client for each call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.inference.refusals import too_slow
from stackduel_servers.core.settings import Settings

if TYPE_CHECKING:
    from stackduel_servers.core.kserve import Tensor

IDLE_CONNECTION_S = 600


class Triton(Protocol):
    """A client that runs models on a Triton server."""

    async def load(self, model: str) -> None:
        """Make the server load a model unless it already has; raises HttpError 502, 504."""
        ...

    async def infer(self, model: str, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> Mapping[str, Tensor]:
        """Return the model's outputs for these inputs; raises HttpError 502, 504."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class PooledTriton:
    """One client for all calls; it opens with the first call, inside the running event loop."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._session: ClientSession | None = None

    async def load(self, model: str) -> None:
        """Make the server load a model unless it already has; raises HttpError 502, 504."""
        status, answer, _length = await self._post(f"/v2/repository/models/{model}/load", b"{}", {})
        if status != 200:
            raise HttpError(502, f"triton cannot load {model}: {_sentence(answer)}")

    async def infer(self, model: str, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> Mapping[str, Tensor]:
        """Return the model's outputs for these inputs; raises HttpError 502, 504."""
        from stackduel_servers.core import kserve  # noqa: PLC0415  # numpy, with the first request

        body, length = kserve.encode_request(inputs, outputs)
        headers = {kserve.HEADER_LENGTH: str(length), "Content-Type": kserve.CONTENT_TYPE}
        _status, answer, fields = await self._post(kserve.target(model), body, headers)
        try:
            return kserve.decode_response(answer, int(fields.get(kserve.HEADER_LENGTH, len(answer))))
        except ValueError as error:
            raise HttpError(502, f"triton answered: {error}") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, target: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, Mapping[str, str]]:
        # aiohttp would round longer timeouts up to the next second.
        timeout = ClientTimeout(total=self._timeout_s, ceil_threshold=3600)
        url = URL(self._url + target, encoded=True)
        try:
            async with self._opened().post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return response.status, await response.read(), response.headers
        except ClientConnectorError as error:
            raise HttpError(502, "triton unreachable") from error
        except TimeoutError as error:
            raise too_slow(self._timeout_s) from error
        except (ClientError, OSError) as error:
            raise HttpError(502, "triton sent no valid answer") from error

    def _opened(self) -> ClientSession:
        if self._session is None:
            # aiohttp's default of 100 connections would be a hidden queue.
            connector = TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_S, ttl_dns_cache=300)
            self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar())
        return self._session


class UnpooledTriton:
    """A new client, and so a new connection, for every call: a common mistake, measured beside the pooled client."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s

    async def load(self, model: str) -> None:
        """Make the server load a model unless it already has; raises HttpError 502, 504."""
        async with self._client() as client:
            await client.load(model)

    async def infer(self, model: str, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> Mapping[str, Tensor]:
        """Return the model's outputs for these inputs; raises HttpError 502, 504."""
        async with self._client() as client:
            return await client.infer(model, inputs, outputs)

    async def close(self) -> None:
        """Do nothing: no connection stays open."""

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[PooledTriton]:
        client = PooledTriton(self._url, self._timeout_s)
        try:
            yield client
        finally:
            await client.close()


def triton_of(settings: Settings) -> Triton:
    """Return the client of a service: kept for all calls, or made anew for each one."""
    kind = PooledTriton if settings.keeps_triton_client else UnpooledTriton
    return kind(settings.triton_url, settings.inference_timeout_s)


def _sentence(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["error"])
    except (ValueError, KeyError, TypeError):
        return "it does not say why"
