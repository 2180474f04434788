"""The worker class of the uvicorn-worker package, with the settings of Uvicorn that Gunicorn has no options for.

Its documentation has settings set in a subclass, as here.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

from stackduel_servers.core.websockets.limits import MOST_BYTES_OF_SERVERS
from stackduel_servers.options import GRACE_S


class QuietUvicornWorker(UvicornWorker):  # type: ignore[misc]
    """Uvicorn with the same settings as where it runs by itself."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": os.environ.get("STACKDUEL_LOOP") or "auto",
        "http": os.environ.get("HTTP_PARSER") or "httptools",
        "ws": "auto",
        "ws_max_size": MOST_BYTES_OF_SERVERS,
        "ws_ping_interval": None,
        "lifespan": "on",
        "proxy_headers": False,
        "access_log": os.environ.get("ACCESS_LOG") == "on",
        "timeout_graceful_shutdown": GRACE_S,
    }
