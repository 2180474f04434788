"""How a server ended that was asked to."""

from __future__ import annotations

from typing import NamedTuple


class ServerEnd(NamedTuple):
    """How long a server took to end after SIGTERM, and whether it was killed because its grace was over."""

    ended_s: float
    killed: bool
