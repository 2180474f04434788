"""The parts that all Django services share: Django without extras, the core's errors, the core's edges.

No middleware, and no database but in the service that is about one: the other stacks have nothing like them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from stackduel_servers.core import answers, errors
from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.streams.stream import AsyncStream, BlockingStream
from stackduel_servers.core.streams.wire import CONTENT_TYPE
from stackduel_servers.core.wsgi import WsgiEdge

if TYPE_CHECKING:
    from django.urls import URLPattern

View = Callable[..., Any]


class Urls:
    """The views of one service by their path, and what Django answers with where there is none."""

    handler400 = staticmethod(lambda request, exception: refused(request, 400))  # noqa: ARG005 - as Django calls it
    handler404 = staticmethod(lambda request, exception: refused(request, 404))  # noqa: ARG005 - as Django calls it
    handler500 = staticmethod(lambda request: refused(request, 500))

    def __init__(self, patterns: Sequence[URLPattern]) -> None:
        self.urlpatterns = list(patterns)


def configure(**own: object) -> None:
    """Give Django the settings of all its services, and a service's own; it takes them once in a process."""
    if settings.configured:
        return
    settings.configure(
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=Urls([]),
        INSTALLED_APPS=[],
        MIDDLEWARE=[],
        USE_I18N=False,
        LOGGING_CONFIG=None,
        DATA_UPLOAD_MAX_NUMBER_FIELDS=None,
        DATA_UPLOAD_MAX_MEMORY_SIZE=None,
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "UNAUTHENTICATED_USER": None,
            "UNAUTHENTICATED_TOKEN": None,
            "URL_FORMAT_OVERRIDE": None,
        },
        **own,
    )
    django.setup()
    # Django would write a line for each refused request, which no other stack does.
    logging.getLogger("django.request").setLevel(logging.ERROR)


def create_shell(patterns: Sequence[URLPattern]) -> WsgiEdge:
    """Return a WSGI application with these views, which answers 404 and errors in the core's words."""
    configure()
    urls = Urls(patterns)

    class ServiceRequest(WSGIRequest):  # type: ignore[misc]
        """A request of this service: Django looks its path up here, and not in one place for the whole process."""

        urlconf = urls

    class ServiceHandler(WSGIHandler):  # type: ignore[misc]
        """Django as a WSGI application, with requests of this service."""

        request_class = ServiceRequest

    return WsgiEdge(ServiceHandler())


def create_async_shell(patterns: Sequence[URLPattern], around: Callable[[Any], Any]) -> AsgiEdge:
    """Return an ASGI application with these views; ``around`` wraps Django within the edge."""
    configure()
    urls = Urls(patterns)

    class ServiceRequest(ASGIRequest):  # type: ignore[misc]
        """A request of this service."""

        urlconf = urls

    class ServiceHandler(ASGIHandler):  # type: ignore[misc]
        """Django as an ASGI application, with requests of this service."""

        request_class = ServiceRequest

    return AsgiEdge(around(ServiceHandler()))


def refused(request: HttpRequest, status: int) -> HttpResponse:
    """Return the core's answer to a status that Django chose."""
    return respond(request, answers.failure(errors.of_status(status)))


def respond(request: HttpRequest, answer: answers.Answer) -> HttpResponse:
    """Return the core's answer as a Django response; Django sends the body of a HEAD, too, if it has one."""
    body = b"" if request.method == "HEAD" else answer.body
    headers: dict[str, Any] = {"Content-Length": str(len(answer.body)), **dict(answer.headers)}
    return HttpResponse(body, answer.content_type, answer.status, headers=headers)


def respond_stream(stream: AsyncStream[bytes] | BlockingStream[bytes]) -> StreamingHttpResponse:
    """Return a stream as a Django response."""
    return StreamingHttpResponse(stream.events, content_type=CONTENT_TYPE, headers=dict(stream.fields))
