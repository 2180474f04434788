"""Whether this machine can do without the port of a connection that it was the first to close."""

from __future__ import annotations

import ipaddress
from pathlib import Path

TIME_WAIT_REUSE = Path("/proc/sys/net/ipv4/tcp_tw_reuse")
# 1: to any host; 2, the default since Linux 4.19: over the loopback alone.
REUSED_LOCALLY = frozenset({"1", "2"})


def can_close_first(host: str, setting: Path = TIME_WAIT_REUSE) -> bool:
    """Return whether a client of ``host``, an address, may close first without running out of ports.

    The side that closes first keeps the port for a minute; over the loopback Linux gives it to the next connection
    after a second already (ip-sysctl, tcp_tw_reuse).
    """
    try:
        local = ipaddress.ip_address(host).is_loopback
        return local and setting.read_text(encoding="ascii").strip() in REUSED_LOCALLY
    except (ValueError, OSError):
        return False
