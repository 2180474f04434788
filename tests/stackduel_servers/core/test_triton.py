"""The clients of Triton, against a server with set answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.kserve import HEADER_LENGTH, Tensor
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.triton import PooledTriton, UnpooledTriton, triton_of

HEADER = json.dumps({"outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [1, 2]}]}).encode()
CLIENTS = [PooledTriton, UnpooledTriton]
Client = type[PooledTriton] | type[UnpooledTriton]


async def ask(client: PooledTriton | UnpooledTriton, times: int = 1) -> Mapping[str, Tensor]:
    found: Mapping[str, Tensor] = {}
    try:
        for _ in range(times):
            found = await client.infer("echo", {"x": np.zeros(2, np.float32)}, ["y"])
    finally:
        await client.close()
    return found


@pytest.mark.parametrize(("kind", "connections"), [(PooledTriton, 1), (UnpooledTriton, 3)])
def test_pooling_is_one_connection_for_all(serve: Callable[..., Any], kind: Client, connections: int) -> None:
    """The pooled client keeps one connection, the other opens one per call; both send and read the same."""
    seen: list[tuple[int, str, str | None]] = []

    def answer(request: Any) -> tuple[int, bytes]:
        seen.append((request.client_address[1], request.path, request.headers[HEADER_LENGTH]))
        return 200, HEADER

    with serve(answer) as address:
        found = asyncio.run(ask(kind(address.url, 5.0), times=3))
    assert found["y"].tolist() == [1.0, 2.0]
    assert len({port for port, _path, _length in seen}) == connections
    assert {path for _port, path, _length in seen} == {"/v2/models/echo/infer"}
    assert all(length and int(length) > 0 for _port, _path, length in seen)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (400, b'{"error":"unexpected shape"}', "triton answered: unexpected shape"),
        (500, b"<html>", "triton answered: the header is no JSON"),
        (200, b"{}", "triton answered: the header has no list of outputs"),
    ],
)
def test_what_triton_refuses_is_502(
    serve: Callable[..., Any], kind: Client, status: int, body: bytes, message: str
) -> None:
    """Triton's sentence is passed on, and an invalid answer is reported as such."""
    with serve(lambda _request: (status, body)) as address, pytest.raises(HttpError) as raised:
        asyncio.run(ask(kind(address.url, 5.0)))
    assert (raised.value.status, raised.value.message) == (502, message)


@pytest.mark.parametrize("kind", CLIENTS)
def test_nobody_there_is_502_and_too_slow_is_504(serve: Callable[..., Any], kind: Client) -> None:
    """A refused connection is an error at once, a missing answer at the deadline."""
    with pytest.raises(HttpError) as raised:
        asyncio.run(ask(kind("http://127.0.0.1:9", 5.0)))
    assert (raised.value.status, raised.value.message) == (502, "triton unreachable")

    def slow(_request: Any) -> tuple[int, bytes]:
        time.sleep(0.5)
        return 200, HEADER

    with serve(slow) as address, pytest.raises(HttpError) as raised:
        asyncio.run(ask(kind(address.url, 0.1)))
    assert (raised.value.status, raised.value.message) == (504, "inference too slow: no result within 0.1 s")


@pytest.mark.parametrize("kind", CLIENTS)
def test_loading_a_model(serve: Callable[..., Any], kind: Client) -> None:
    """A model is loaded by name; if that fails, the error has the server's reason."""
    seen: list[str] = []

    def answer(request: Any) -> tuple[int, bytes]:
        seen.append(request.path)
        return (200, b"") if "good" in request.path else (400, b'{"error":"no such model"}')

    async def load(name: str) -> None:
        client = kind(address.url, 5.0)
        try:
            await client.load(name)
        finally:
            await client.close()

    with serve(answer) as address:
        asyncio.run(load("good"))
        with pytest.raises(HttpError, match="triton cannot load bad: no such model"):
            asyncio.run(load("bad"))
    assert seen == ["/v2/repository/models/good/load", "/v2/repository/models/bad/load"]


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, PooledTriton),
        ({"TRITON_CLIENT": "cached"}, PooledTriton),
        ({"TRITON_CLIENT": "per-request"}, UnpooledTriton),
    ],
)
def test_the_environment_chooses_the_client(environ: dict[str, str], kind: Client) -> None:
    """One client is kept for all calls unless each one is to make its own."""
    assert type(triton_of(read_settings(environ))) is kind
