"""The music service in Django REST Framework: each request goes the whole way of one of its views."""

from __future__ import annotations

import os
from collections.abc import Callable

from django.urls import path

from stackduel_servers.apps.django_rest_shell import Endpoint
from stackduel_servers.apps.django_shell import create_shell
from stackduel_servers.core.answers import Answer
from stackduel_servers.core.answers import health as health_answer
from stackduel_servers.core.health import Health
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.wsgi import WsgiEdge
from stackduel_servers.music import answers


def create_app(settings: Settings) -> WsgiEdge:
    """Return the service."""
    health = Health("django", settings)
    gets: dict[str, Callable[[bytes], Answer]] = {
        "": lambda _: answers.index(),
        "health": lambda _: health_answer(health.report()),
        "exercise": answers.exercise,
        "exercise/random": answers.random_exercise,
        "note-game": answers.note_game,
    }
    return create_shell([path(route, Endpoint.as_view(answer=staticmethod(answer))) for route, answer in gets.items()])


app = create_app(read_settings(os.environ))
