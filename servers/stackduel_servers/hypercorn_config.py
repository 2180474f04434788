"""Hypercorn's settings that have no option on its command line."""

from __future__ import annotations

from stackduel_servers.core.websockets.limits import MOST_BYTES_OF_SERVERS

# By default it closes a connection after 1,000 requests, within a second of a benchmark.
keep_alive_max_requests = 2**31
websocket_max_message_size = MOST_BYTES_OF_SERVERS
