"""The load drivers: the clients that can send a load."""

from __future__ import annotations

from typing import Literal

DriverName = Literal["raw", "aiohttp", "grpc", "websocket"]
# Those that a user may name for requests that several can send; a load of WebSockets has its own.
CHOSEN_DRIVERS: tuple[DriverName, ...] = ("raw", "aiohttp", "grpc")
