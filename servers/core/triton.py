"""Calls to a Triton server that suspend their task: over one client that keeps its connections, or a new one each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from servers.core.errors import HttpError

if TYPE_CHECKING:
    from servers.core.kserve import Tensor

IDLE_CONNECTION_S = 600


class Triton(Protocol):
    """Whatever runs models on a Triton server."""

    async def infer(self, model: str, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> Mapping[str, Tensor]:
        """The outputs that a model gives for these inputs; raises HttpError 502, 504."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class PooledTriton:
    """One client for every call; it opens with the first, inside the running event loop."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._session: ClientSession | None = None

    async def infer(self, model: str, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> Mapping[str, Tensor]:
        """The outputs that a model gives for these inputs; raises HttpError 502, 504."""
        from servers.core import kserve  # noqa: PLC0415  # numpy, with the first request

        body, header_length = kserve.encode_request(inputs, outputs)
        try:
            async with self._opened().post(
                URL(self._url + kserve.target(model), encoded=True),
                data=body,
                headers={kserve.HEADER_LENGTH: str(header_length), "Content-Type": kserve.CONTENT_TYPE},
                # aiohttp would round longer timeouts up to the next second.
                timeout=ClientTimeout(total=self._timeout_s, ceil_threshold=3600),
                allow_redirects=False,
            ) as response:
                answer = await response.read()
            found = response.headers.get(kserve.HEADER_LENGTH)
            return kserve.decode_response(answer, int(found) if found else None)
        except ClientConnectorError as error:
            raise HttpError(502, "triton unreachable") from error
        except TimeoutError as error:
            raise HttpError(504, f"inference too slow: no result within {self._timeout_s:g} s") from error
        except kserve.KServeError as error:
            raise HttpError(502, f"triton answered: {error}") from error
        except (ClientError, OSError, ValueError) as error:
            raise HttpError(502, "triton sent no valid answer") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> ClientSession:
        if self._session is None:
            # aiohttp's default of 100 connections would be a queue that nobody sees.
            connector = TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_S, ttl_dns_cache=300)
            self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar())
        return self._session


class UnpooledTriton:
    """A new client, and so a new connection, for every call: what is often written, and what pooling is measured by."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s

    async def infer(self, model: str, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> Mapping[str, Tensor]:
        """The outputs that a model gives for these inputs; raises HttpError 502, 504."""
        client = PooledTriton(self._url, self._timeout_s)
        try:
            return await client.infer(model, inputs, outputs)
        finally:
            await client.close()

    async def close(self) -> None:
        """Nothing stays open."""
