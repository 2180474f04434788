"""One exchange by the full client of a load, for what the raw one does not speak: TLS, ``Expect`` and the like."""

from __future__ import annotations

import asyncio

import aiohttp

from stackduel.load.drivers.aiohttp_user import connector_to, outcome_of, request_arguments, session_arguments
from stackduel.load.drivers.connection import MAX_BODY_BYTES
from stackduel.model.measurement import Outcome
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.patience import Patience
from stackduel.verify.reply import ExchangeError, Reply


def ask_by_full_client(address: Address, workload: Workload, patience: Patience) -> Reply:
    """Send a workload once and read the whole answer; raises ExchangeError."""
    what = f"{workload.method} {address.url}{workload.target}"
    try:
        return asyncio.run(_within(address, workload, patience))
    except TimeoutError as error:
        raise ExchangeError(
            f"{what}: timed out: no whole answer in {patience.waited_s:.2g} s", Outcome.TIMEOUT
        ) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        certificate = isinstance(error, aiohttp.ClientConnectorCertificateError)
        raise ExchangeError(
            f"{what}: {error or type(error).__name__}", outcome_of(error), permanent=certificate
        ) from error


async def _within(address: Address, workload: Workload, patience: Patience) -> Reply:
    """Wait for the answer in slices, and no longer than the patience lasts; raises TimeoutError."""
    answer = asyncio.ensure_future(_answer(address, workload))
    try:
        while not answer.done():
            if patience.over:
                raise TimeoutError
            await asyncio.wait({answer}, timeout=patience.slice_s)
    finally:
        answer.cancel()
    return await answer


async def _answer(address: Address, workload: Workload) -> Reply:
    async with (
        aiohttp.ClientSession(**session_arguments(connector_to(address))) as session,
        session.request(**request_arguments(address, workload)) as response,
    ):
        pieces, length = [], 0
        async for piece in response.content.iter_any():
            pieces.append(piece)
            length += len(piece)
            if length > MAX_BODY_BYTES:
                raise ValueError(f"the body is over {MAX_BODY_BYTES} bytes")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers)
        return Reply(response.status, headers, b"".join(pieces))
