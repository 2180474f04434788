"""The load drivers: the clients that can send a load."""

from __future__ import annotations

from typing import Literal

DriverName = Literal["raw", "aiohttp", "grpc"]
