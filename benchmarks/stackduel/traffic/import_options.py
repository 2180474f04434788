"""Options of an import."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from stackduel.traffic.privacy import NOTHING, Keep
from stackduel.traffic.recording import SAFE_METHODS


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Which methods are asked again, what is kept, and of a HAR file the host (default: the most frequent)."""

    methods: Collection[str] = SAFE_METHODS
    keep: Keep = NOTHING
    host: str | None = None
