"""The FastAPI service with FastAPI's own validation and response models, not the core's, to measure their cost."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool

from stackduel_servers.apps.fastapi_shell import READ, create_shell, respond
from stackduel_servers.core.answers import ENDPOINTS, rounded
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.payloads import catalogue
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.waiting import wait


def written_as(form: str) -> BeforeValidator:
    """Accept only text of that form: Pydantic alone takes signs, blanks, exponents, infinities, underscores."""

    def check(text: object) -> object:
        if isinstance(text, str) and not re.fullmatch(form, text):
            raise ValueError("must be a number of plain digits")
        return text

    return BeforeValidator(check)


NUMBER = written_as(r"[0-9]{1,6}(\.[0-9]{1,9})?")
INTEGER = written_as(r"[0-9]{1,6}")

# Tuples of one: FastAPI silently takes the last of a repeated parameter where it expects a single value.
Delay = Annotated[tuple[Annotated[float, Field(ge=0, le=10), NUMBER]], Query()]
Concurrent = Annotated[tuple[Annotated[int, Field(ge=1, le=100), INTEGER]], Query()]
Items = Annotated[tuple[Annotated[int, Field(ge=0, le=10_000), INTEGER]], Query()]


class Index(BaseModel):
    """The answer of ``/``."""

    service: str
    endpoints: list[str]


class SlowIo(BaseModel):
    """The answer of ``/slow-io``."""

    endpoint: str
    delay_s: float


class IoTest(BaseModel):
    """The answer of ``/benchmark/io-test``."""

    endpoint: str
    delay_s: float
    concurrent: int
    succeeded: int


class Price(BaseModel):
    """The price of a product."""

    amount: float
    currency: str


class Product(BaseModel):
    """One entry of the list that ``/json`` answers."""

    id: int
    sku: str
    name: str
    price: Price
    in_stock: bool
    rating: float
    tags: list[str]
    discount: int | None


class Catalogue(BaseModel):
    """The answer of ``/json``."""

    endpoint: str
    count: int
    items: list[Product]


# A list of numbers, or a list of such lists.
NumberArray = list[float] | list[list[float]]


class Inferred(BaseModel):
    """The answer of ``/infer/{model}``."""

    model: str
    outputs: dict[str, NumberArray]


def create_app(settings: Settings) -> FastAPI:
    """Return the service; its downstream connections and its models' threads open and close with its lifespan."""
    health = Health("fastapi", settings)
    downstream = AsyncDownstream(settings)
    inference = AsyncInference(settings, run_in_threadpool)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with downstream, inference:
            yield

    app = create_shell(lifespan)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": jsonable_encoder(error.errors())}, 400)

    @app.api_route("/", methods=READ)
    async def index() -> Index:
        return Index(service="stackduel", endpoints=list(ENDPOINTS))

    @app.api_route("/health", methods=READ)
    async def report_health() -> dict[str, object]:
        return health.report()

    @app.api_route("/slow-io", methods=READ)
    async def slow_io(delay: Delay = (1.0,)) -> SlowIo:
        await wait(delay[0])
        return SlowIo(endpoint="slow-io", delay_s=rounded(delay[0]))

    @app.api_route("/benchmark/io-test", methods=READ)
    @app.api_route("/benchmark/fastapi-io-test", methods=READ)
    async def io_test(delay: Delay = (1.0,), concurrent: Concurrent = (1,)) -> IoTest:
        succeeded = await downstream.call(delay[0], concurrent[0])
        return IoTest(endpoint="io-test", delay_s=rounded(delay[0]), concurrent=concurrent[0], succeeded=succeeded)

    @app.api_route("/json", methods=READ)
    async def items(items: Items = (100,)) -> Catalogue:
        products = [Product.model_validate(product) for product in catalogue(items[0])]
        return Catalogue(endpoint="json", count=items[0], items=products)

    @app.post("/infer/{model}", response_model=Inferred)
    async def infer(model: str, request: Request) -> Inferred | Response:
        ask = inference.ask(model, request.headers)
        body = await read_asgi(request.stream())
        if ask.raw:
            return respond(await inference.answer(ask, body))
        outputs = await inference.outputs(ask, body)
        return Inferred(model=model, outputs={name: array.tolist() for name, array in outputs.items()})

    return app


app = create_app(read_settings(os.environ))
