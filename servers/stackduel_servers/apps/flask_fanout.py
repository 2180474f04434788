"""The Flask service with its downstream calls all at once, on a thread pool: handlers changed, framework kept."""

from __future__ import annotations

import os

from stackduel_servers.apps.flask_app import create_app
from stackduel_servers.core.downstream_blocking import FanOutDownstream
from stackduel_servers.core.settings import read_settings

settings = read_settings(os.environ)
app = create_app(settings, FanOutDownstream(settings))
