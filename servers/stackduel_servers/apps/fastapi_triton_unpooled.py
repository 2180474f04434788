"""The FastAPI service whose models run on a Triton server, called over a new client each time: a common mistake."""

from __future__ import annotations

import os

from stackduel_servers.apps.fastapi_app import create_app
from stackduel_servers.core.inference.execution.on_triton import AsyncRemote
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.triton import UnpooledTriton

settings = read_settings(os.environ)
app = create_app(settings, AsyncRemote(UnpooledTriton(settings.triton_url, settings.inference_timeout_s)))
