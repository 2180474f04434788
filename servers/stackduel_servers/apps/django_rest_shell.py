"""The parts that all services in Django's REST framework share: an endpoint that goes the framework's whole way."""

from __future__ import annotations

from collections.abc import Callable

from stackduel_servers.apps.django_shell import configure, respond
from stackduel_servers.core import answers, errors

configure()
# The framework reads Django's settings as it is imported.
from rest_framework.exceptions import APIException  # noqa: E402
from rest_framework.renderers import BaseRenderer  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class BytesRenderer(BaseRenderer):  # type: ignore[misc]
    """Renders what is rendered already, for whatever a client accepts: no stack answers 406."""

    media_type = "*/*"
    charset = None

    def render(self, data: bytes, *_: object) -> bytes:
        """Return the data."""
        return data


class Endpoint(APIView):  # type: ignore[misc]
    """A view that answers GET and HEAD with what ``answer`` makes of the query, and errors in the core's words."""

    http_method_names = ["get", "head"]  # noqa: RUF012 - the framework's
    renderer_classes = (BytesRenderer,)
    answer: Callable[[bytes], answers.Answer] = staticmethod(lambda _: answers.index())

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return no headers: other stacks send Allow where a method is refused alone."""
        return {}

    def get(self, request: Request) -> Response:
        """Answer a request."""
        return self.respond(self.answer(request.META["QUERY_STRING"].encode("latin-1")))

    def handle_exception(self, error: Exception) -> Response:
        """Return the core's answer to an error of the core or of the framework; anything else is a crash."""
        if isinstance(error, APIException):
            error = errors.of_status(error.status_code)
        if not isinstance(error, errors.HttpError):
            raise error
        return self.respond(answers.failure(error))

    def respond(self, answer: answers.Answer) -> Response:
        """Return the core's answer; the framework's own response would drop the content type of an empty body."""
        if not answer.body:
            return respond(self.request, answer)
        headers = {"Content-Length": str(len(answer.body)), **dict(answer.headers)}
        return Response(answer.body, answer.status, headers=headers, content_type=answer.content_type)
