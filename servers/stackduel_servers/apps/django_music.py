"""The music service in Django alone: plain views, without the REST framework."""

from __future__ import annotations

import os
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import path

from stackduel_servers.apps.django_shell import View, create_shell, refused, respond
from stackduel_servers.core.answers import Answer, failure
from stackduel_servers.core.answers import health as health_answer
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.health import Health
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.wsgi import WsgiEdge
from stackduel_servers.music import answers


def create_app(settings: Settings) -> WsgiEdge:
    """Return the service."""
    health = Health("django", settings)
    return create_shell(
        [
            path("", view(lambda _: answers.index())),
            path("health", view(lambda _: health_answer(health.report()))),
            path("exercise", view(answers.exercise)),
            path("exercise/random", view(answers.random_exercise)),
            path("note-game", view(answers.note_game)),
        ]
    )


def view(answer: Callable[[bytes], Answer]) -> View:
    """Return the view that answers a query with what the core makes of it."""

    def view_of_request(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refused(request, 405)
        try:
            return respond(request, answer(request.META.get("QUERY_STRING", "").encode("latin-1")))
        except HttpError as error:
            return respond(request, failure(error))

    return view_of_request


app = create_app(read_settings(os.environ))
