"""Gunicorn's settings that are the same for every stack; named on the command line, so that no other file is read."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

# Workers prove to the arbiter that they live by touching a file: on a disk that may block them.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# A request may take minutes (100 calls of 10 s, one after another): no worker is ever taken for hung.
timeout = 0
# Needs a writable home, which a container's user does not have.
control_socket_disable = True
forwarded_allow_ips = ""
# The faster parser is not on every platform, and a figure must not depend on whether it happens to be installed.
http_parser = "python"
# A listening socket for each worker, among which the kernel spreads connections. With one for all, idle workers race
# for every connection, and on one CPU the same worker may win most of them: a burst of 100 was seen to keep 4 of 8
# threads busy. Only Linux spreads.
reuse_port = sys.platform == "linux"


def post_worker_init(worker: Any) -> None:
    """Give the ASGI worker the backlog it was asked for: it listens anew, with asyncio's default of 100."""
    loop = getattr(worker, "loop", None)
    if loop is not None:
        loop.create_server = partial(loop.create_server, backlog=worker.cfg.backlog)
