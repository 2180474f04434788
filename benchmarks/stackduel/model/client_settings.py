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

    def count_of(self, connections: int) -> int:
        """Return how many of so many clients leave: at least one, and at least one stays."""
        return _share_of(self.share, connections)

    @property
    def goal(self) -> str:
        """Return the goal of the search in a few words."""
        return f"when it is noticed that {100 * self.share:g} % of the clients leave in the middle"


class SlowReadersSettings(Struct, frozen=True, tag_field="mode", tag="slow-readers"):
    """How many of the clients read slowly, a share, at how many bytes a second, and into how large a receive buffer.

    ``rounds`` is how often that is measured on every stack, ``settle_s`` how long after a window its memory is read.
    """

    mode: ClassVar[str] = "slow-readers"
    rounds: int = 2
    share: float = 0.25
    bytes_per_s: int = 1024
    buffer_bytes: int = 4096
    settle_s: float = 2.0

    def count_of(self, connections: int) -> int:
        """Return how many of so many clients read slowly: at least one, and at least one does not."""
        return _share_of(self.share, connections)

    @property
    def goal(self) -> str:
        """Return the goal of the search in a few words."""
        return (
            f"what {100 * self.share:g} % of the clients, reading {self.bytes_per_s:,} bytes a second, do to the others"
        )


ClientSettings = LeavingSettings | SlowReadersSettings


def _share_of(share: float, connections: int) -> int:
    return min(max(1, round(share * connections)), connections - 1)
