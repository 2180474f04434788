"""Hypercorn's settings that have no option on its command line."""

from __future__ import annotations

# By default it closes a connection after 1,000 requests, within a second of a benchmark.
keep_alive_max_requests = 2**31
