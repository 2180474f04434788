"""The settings of a profile: what is sampled, how often and for how long."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

# As many as an interval takes.
WINDOWS = 5
RATE_HZ = 100
LEAST_SECONDS = 5
MOST_SECONDS = 3600
USUAL_SECONDS = 30.0


class ProfileSettings(Struct, frozen=True, tag_field="mode", tag="profile"):
    """``seconds`` of samples in ``windows`` windows, each beside one of the same length without the profiler.

    With ``gil`` only what holds Python's global lock is sampled; ``memory`` also records who allocates.
    """

    mode: ClassVar[str] = "profile"
    seconds: float = USUAL_SECONDS
    windows: int = WINDOWS
    rate_hz: int = RATE_HZ
    gil: bool = False
    memory: bool = False

    @property
    def window_s(self) -> float:
        """How long each window is."""
        return self.seconds / self.windows

    @property
    def goal(self) -> str:
        """Return the goal in a few words."""
        return f"where the time goes, in {self.seconds:g} s of samples"
