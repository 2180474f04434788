"""Values that the answers of a set-up gave to later requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Gained:
    """Values by their names, and the cookies that are set."""

    values: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


NOTHING_GAINED = Gained()
