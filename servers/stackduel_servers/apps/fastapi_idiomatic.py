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
from stackduel_servers.apps.fastapi_websocket import add_websockets
from stackduel_servers.apps.starlette_stream import EventResponse
from stackduel_servers.core.answers import ENDPOINTS, rounded
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.payloads import catalogue
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import asynchronous
from stackduel_servers.core.streams.wire import PLAIN
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

    def answered(model: type[BaseModel], content: dict[str, object]) -> BaseModel | Response:
        """Return what FastAPI validates and serialises; without response models, an answer that it passes on."""
        return model.model_validate(content) if settings.has_response_models else JSONResponse(content)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": jsonable_encoder(error.errors())}, 400)

    @app.api_route("/", methods=READ, response_model=Index)
    async def index() -> BaseModel | Response:
        return answered(Index, {"service": "stackduel", "endpoints": ENDPOINTS})

    @app.api_route("/health", methods=READ)
    async def report_health() -> dict[str, object]:
        return health.report()

    @app.api_route("/slow-io", methods=READ, response_model=SlowIo)
    async def slow_io(delay: Delay = (1.0,)) -> BaseModel | Response:
        await wait(delay[0])
        return answered(SlowIo, {"endpoint": "slow-io", "delay_s": rounded(delay[0])})

    @app.api_route("/benchmark/io-test", methods=READ, response_model=IoTest)
    @app.api_route("/benchmark/fastapi-io-test", methods=READ, response_model=IoTest)
    async def io_test(delay: Delay = (1.0,), concurrent: Concurrent = (1,)) -> BaseModel | Response:
        succeeded = await downstream.call(delay[0], concurrent[0])
        content = {"delay_s": rounded(delay[0]), "concurrent": concurrent[0], "succeeded": succeeded}
        return answered(IoTest, {"endpoint": "io-test", **content})

    @app.api_route("/json", methods=READ, response_model=Catalogue)
    async def items(items: Items = (100,)) -> BaseModel | Response:
        return answered(Catalogue, {"endpoint": "json", "count": items[0], "items": catalogue(items[0])})

    @app.post("/infer/{model}", response_model=Inferred)
    async def infer(model: str, request: Request) -> BaseModel | Response:
        ask = inference.ask(model, request.headers)
        body = await read_asgi(request.stream())
        if ask.raw:
            return respond(await inference.answer(ask, body))
        outputs = await inference.outputs(ask, body)
        content = {name: array.tolist() for name, array in outputs.items()}
        return answered(Inferred, {"model": model, "outputs": content})

    @app.api_route("/stream", methods=READ)
    async def stream(request: Request) -> Response:
        made = asynchronous.generated(request.method, request.scope["query_string"], PLAIN)
        return EventResponse(made.fields, made.events)

    @app.api_route("/relay", methods=READ)
    async def relay(request: Request) -> Response:
        passed_on = await asynchronous.relayed(downstream, request.method, request.scope["query_string"])
        return EventResponse(passed_on.fields, passed_on.events)

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body, content_type = await read_asgi(request.stream()), request.headers.get("Content-Type")
        tokens = await asynchronous.completed(downstream, request.scope["query_string"], content_type, body)
        return EventResponse(tokens.fields, tokens.events)

    add_websockets(app)
    return app


app = create_app(read_settings(os.environ))
