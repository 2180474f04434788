"""The endpoints that need a database, in plain Django views on its ORM, for WSGI and for ASGI."""

from __future__ import annotations

import atexit
import os
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from stackduel_servers.apps.django_repository import DjangoRepository
from stackduel_servers.apps.django_shell import View, create_shell, refused, respond
from stackduel_servers.core import answers
from stackduel_servers.core.database import blocking, bodies
from stackduel_servers.core.database.blocking import Asking
from stackduel_servers.core.errors import HttpError, only_post
from stackduel_servers.core.health import Health
from stackduel_servers.core.settings import Settings, read_settings


def views(settings: Settings, repository: DjangoRepository) -> list[Any]:
    """Return the paths of the service with their views."""
    health = Health("django", settings)
    gets: dict[str, Asking] = {
        "/": lambda _: bodies.index(),
        "/health": lambda _: answers.health(health.report()),
        **{at: partial(answer, repository) for at, answer in blocking.READS.items()},
    }
    return [
        *(path(at.removeprefix("/"), _reading(ask)) for at, ask in gets.items()),
        *(path(at.removeprefix("/"), _writing(partial(ask, repository))) for at, ask in blocking.WRITES.items()),
    ]


def _reading(ask: Asking) -> View:
    """Return the view that answers GET and HEAD."""

    def view(request: HttpRequest) -> HttpResponse:
        return _answered(request, ask) if request.method in {"GET", "HEAD"} else refused(request, 405)

    return view


def _writing(ask: Asking) -> View:
    """Return the view that answers POST."""

    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return respond(request, answers.failure(only_post()))
        return _answered(request, ask)

    return view


def _answered(request: HttpRequest, ask: Asking) -> HttpResponse:
    try:
        return respond(request, ask(request.META["QUERY_STRING"].encode("latin-1")))
    except HttpError as error:
        return respond(request, answers.failure(error))


settings = read_settings(os.environ)
repository = DjangoRepository(settings)
atexit.register(repository.close)
app = create_shell(views(settings, repository))
