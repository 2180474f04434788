"""The Django service with its REST framework: views that hold their thread, downstream calls one after another.

Each request goes the whole way of a view of the framework: its request, negotiation, dispatch, exceptions, response and
renderer. Only the bytes that the renderer returns are the core's, as in every other stack.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable

from django.http import StreamingHttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from stackduel_servers.apps.django_rest_shell import Endpoint
from stackduel_servers.apps.django_shell import create_shell, respond_stream
from stackduel_servers.core import answers, query
from stackduel_servers.core.downstream_blocking import BlockingDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.blocking import BlockingInference
from stackduel_servers.core.inference.body import read_wsgi
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import blocking
from stackduel_servers.core.streams.stream import BlockingStream
from stackduel_servers.core.streams.wire import PLAIN
from stackduel_servers.core.waiting import wait_blocking
from stackduel_servers.core.wsgi import WsgiEdge


class Infer(Endpoint):
    """The view of a model; the bytes of its body are read as they come, which the framework's parsers could not do."""

    http_method_names = ["post"]  # noqa: RUF012 - the framework's
    inference: BlockingInference | None = None

    def post(self, request: Request, model: str) -> Response:
        """Answer a request to a model."""
        assert self.inference is not None  # as_view gives it  # noqa: S101
        ask = self.inference.ask(model, request.headers)
        return self.respond(self.inference.answer(ask, read_wsgi(request.META)))


class Chat(Endpoint):
    """The view of the gateway to a model; the bytes of its body are read as they come."""

    http_method_names = ["post"]  # noqa: RUF012 - the framework's
    downstream: BlockingDownstream | None = None

    def post(self, request: Request) -> StreamingHttpResponse:
        """Answer a request with the tokens of the downstream's model."""
        assert self.downstream is not None  # as_view gives it  # noqa: S101
        query, content_type = request.META["QUERY_STRING"].encode("latin-1"), request.headers.get("Content-Type")
        return respond_stream(blocking.completed(self.downstream, query, content_type, read_wsgi(request.META)))


class Streaming(Endpoint):
    """The view of a stream, which passes by the framework's renderers: they take a whole answer."""

    begin: Callable[[str, bytes], BlockingStream[bytes]] | None = None

    def get(self, request: Request) -> StreamingHttpResponse:
        """Answer a request with the stream that begins with the query."""
        assert self.begin is not None  # as_view gives it  # noqa: S101
        return respond_stream(self.begin(request.method, request.META["QUERY_STRING"].encode("latin-1")))


def create_app(settings: Settings, downstream: BlockingDownstream) -> WsgiEdge:
    """Return the service; its downstream connections and models open with the first call and close with the process."""
    health = Health("django", settings)
    inference = BlockingInference(settings)
    atexit.register(downstream.close)
    atexit.register(inference.close)

    def slow_io(parameters: bytes) -> answers.Answer:
        delay_s = query.delay_s(parameters)
        wait_blocking(delay_s)
        return answers.slow_io(delay_s)

    def io_test(parameters: bytes) -> answers.Answer:
        delay_s, concurrent = query.delay_s(parameters), query.concurrent(parameters)
        succeeded = downstream.call(delay_s, concurrent)
        return answers.io_test(delay_s, concurrent, succeeded)

    def items(parameters: bytes) -> answers.Answer:
        return answers.items(query.items(parameters))

    gets: dict[str, Callable[[bytes], answers.Answer]] = {
        "": lambda _: answers.index(),
        "health": lambda _: answers.health(health.report()),
        "slow-io": slow_io,
        "benchmark/io-test": io_test,
        "benchmark/django-io-test": io_test,
        "json": items,
    }
    patterns = [path(route, Endpoint.as_view(answer=staticmethod(answer))) for route, answer in gets.items()]
    streams = {
        "stream": lambda method, parameters: blocking.generated(method, parameters, PLAIN),
        "relay": lambda method, parameters: blocking.relayed(downstream, method, parameters),
    }
    patterns += [path(route, Streaming.as_view(begin=staticmethod(begin))) for route, begin in streams.items()]
    patterns += [
        path("infer/<str:model>", Infer.as_view(inference=inference)),
        path("v1/chat/completions", Chat.as_view(downstream=downstream)),
    ]
    return create_shell(patterns)


settings = read_settings(os.environ)
app = create_app(settings, BlockingDownstream(settings))
