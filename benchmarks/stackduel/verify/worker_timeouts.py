"""Workers that Gunicorn killed because they gave no sign of life within its timeout, as its log says."""

from __future__ import annotations

import re

from stackduel.model.counted import counted
from stackduel.verify.watched import Watched

LOG_LINES = 400
KILLED = re.compile(r"WORKER TIMEOUT \(pid: ?(\d{1,10})\)")


def killed_workers(server: Watched) -> frozenset[str]:
    """Return the process ids of the killed workers that the end of a server's log names."""
    return frozenset(KILLED.findall(server.log_tail(LOG_LINES)))


def why_cut(server: Watched) -> str | None:
    """Return why answers of a server were cut short, if it killed workers; None if it killed none."""
    killed = killed_workers(server)
    if not killed:
        return None
    return (
        f"Gunicorn killed {counted(len(killed), 'worker')} of it while it was asked (WORKER TIMEOUT in its log): its "
        "--timeout is shorter than an answer takes, and a sync worker gives no sign of life until the end of one"
    )
