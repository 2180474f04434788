"""The Django service with async views, without the REST framework, which has none: downstream calls all at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from stackduel_servers.apps.django_bounds import BoundedDjango
from stackduel_servers.apps.django_shell import View, create_async_shell, refused, respond, respond_stream
from stackduel_servers.core import answers, async_service
from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.async_service import Begin, Get
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import asynchronous


def create_app(settings: Settings) -> AsgiEdge:
    """Return the service; its downstream connections and its models' threads open and close with its lifespan."""
    health = Health("django", settings)
    downstream = AsyncDownstream(settings)
    inference = AsyncInference(settings, in_thread)

    gets, streams = async_service.gets(health, downstream), async_service.streams(downstream)

    async def infer(request: HttpRequest, model: str) -> HttpResponse:
        try:
            ask = inference.ask(model, request.headers)
            return respond(request, await inference.answer(ask, request.read()))
        except HttpError as error:
            return respond(request, answers.failure(error))

    async def chat(request: Any) -> HttpResponse | StreamingHttpResponse:
        parameters, content_type = request.scope["query_string"], request.headers.get("Content-Type")
        try:
            return respond_stream(await asynchronous.completed(downstream, parameters, content_type, request.read()))
        except HttpError as error:
            return respond(request, answers.failure(error))

    patterns = [
        *(path(at.removeprefix("/"), reading(get)) for at, get in gets.items()),
        path("benchmark/django-io-test", reading(gets["/benchmark/io-test"])),
        *(path(at.removeprefix("/"), streaming(begin)) for at, begin in streams.items()),
        path("infer/<str:model>", infer),
        path("v1/chat/completions", chat),
    ]
    return create_async_shell(patterns, lambda handler: BoundedDjango(handler, (downstream, inference)))


def reading(answer: Get) -> View:
    """Return the view that answers GET and HEAD with what is made of the query."""

    async def view(request: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refused(request, 405)
        try:
            return respond(request, await answer(request.scope["query_string"]))
        except HttpError as error:
            return respond(request, answers.failure(error))

    return view


def streaming(begin: Begin) -> View:
    """Return the view that answers GET and HEAD with the stream that begins with the query."""

    async def view(request: Any) -> HttpResponse | StreamingHttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refused(request, 405)
        try:
            return respond_stream(await begin(request.method, request.scope["query_string"]))
        except HttpError as error:
            return respond(request, answers.failure(error))

    return view


async def in_thread(function: Callable[[Any], Any], argument: Any) -> Any:
    """Run the function on a thread of the event loop's pool."""
    return await sync_to_async(function, thread_sensitive=False)(argument)


app = create_app(read_settings(os.environ))
