"""The FastAPI service whose models run on a Triton server, called over one client or, a common mistake, a new one."""

from __future__ import annotations

import os

from stackduel_servers.apps.fastapi_app import create_app
from stackduel_servers.core.inference.execution.on_triton import AsyncRemote
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.triton import triton_of

settings = read_settings(os.environ)
app = create_app(settings, AsyncRemote(triton_of(settings)))
