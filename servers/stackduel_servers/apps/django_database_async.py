"""The endpoints that need a database, in Django on ASGI: its ORM runs on threads there, one for each request."""

from __future__ import annotations

from stackduel_servers.apps.django_bounds import BoundedDjango
from stackduel_servers.apps.django_database import repository, settings, views
from stackduel_servers.apps.django_shell import create_async_shell

app = create_async_shell(views(settings, repository), lambda handler: BoundedDjango(handler, ()))
