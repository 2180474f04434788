"""The FastAPI service whose models run on a Triton server, called over one pooled client."""

from __future__ import annotations

import os

from servers.apps.fastapi_app import create_app
from servers.core.inference.execution.remote import AsyncRemote
from servers.core.settings import read_settings
from servers.core.triton import PooledTriton

settings = read_settings(os.environ)
app = create_app(settings, AsyncRemote(PooledTriton(settings.triton_url, settings.inference_timeout_s)))
