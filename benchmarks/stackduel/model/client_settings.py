"""The settings of the modes in which some clients behave otherwise than the others."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class LeavingSettings(Struct, frozen=True, tag_field="mode", tag="leaving"):
    """How many of the clients leave in the middle of their streams, a share, and how many of these by a reset.

    ``rounds`` is how often that is measured on every stack, ``settle_s`` how long after the window its memory is read.
    """

    mode: ClassVar[str] = "leaving"
    rounds: int = 3
    share: float = 0.1
    resets: float = 0.5
    settle_s: float = 2.0

    @property
    def goal(self) -> str:
        """Return the goal of the search in a few words."""
        return f"when {100 * self.share:g} % of the clients that leave in the middle are noticed"
