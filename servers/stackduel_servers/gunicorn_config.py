"""Gunicorn's settings that are the same for every stack; the command line names this file, so that no other is read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from stackduel_servers.core.websockets.limits import MOST_BYTES_OF_SERVERS

# Workers touch a file to show the arbiter that they are alive; on a disk that may block them.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# A request may take minutes (100 calls of 10 s, one after another): no worker ever counts as hung,
# unless a start asks for it (WORKER_TIMEOUT_S).
timeout = 0
# Needs a writable home, which a container's user does not have.
control_socket_disable = True
forwarded_allow_ips = ""
# The faster parser is not on every platform, and results must not depend on whether it is installed.
http_parser = "python"
websocket_max_message_size = MOST_BYTES_OF_SERVERS
# One listening socket for each worker: the kernel spreads connections over them. With a shared socket, idle workers
# race for every connection, and on one CPU the same worker may win most of them: a burst of 100 kept only 4 of 8
# threads busy. Only Linux spreads.
reuse_port = sys.platform == "linux"


def post_worker_init(worker: Any) -> None:
    """Give workers with an event loop the requested backlog: they listen again, with a default of 100 or 128."""
    loop = getattr(worker, "loop", None)
    if loop is None:
        return
    listen = loop.create_server

    async def create_server(*arguments: Any, **options: Any) -> Any:
        return await listen(*arguments, **{**options, "backlog": worker.cfg.backlog})

    loop.create_server = create_server
