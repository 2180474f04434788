"""The result of the search for the breaking point."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct


@dataclass(frozen=True, slots=True)
class RampStep:
    """One rate of the ramp: whether the stack held it, the share of failed requests, and the p99 (None if unknown)."""

    rate_rps: float
    held: bool
    failed: float | None
    p99_ms: float | None


class BreakingPoint(Struct, frozen=True, tag_field="kind", tag="breaking-point"):
    """The rate at which one stack broke.

    ``held_rps`` is the last rate before it, None if not even the lowest rate was held. ``broken_rps`` is the first rate
    that broke the stack, None if no rate did. ``what`` says what broke, or what else ended the ramp.
    """

    bounds: str
    held_rps: float | None
    broken_rps: float | None
    what: str
    steps: tuple[RampStep, ...]

    @property
    def sentence(self) -> str:
        """The result in words."""
        held = "" if self.held_rps is None else f"{self.held_rps:g} req/s"
        what = self.what.rstrip(".")
        if self.broken_rps is None:
            return f"Not broken up to {held}. The ramp ended: {what}." if held else f"No result: {what}."
        if not held:
            return f"Broke at {self.broken_rps:g} req/s, the lowest rate tried: {what}."
        return f"Held {held} ({self.bounds}) and broke at {self.broken_rps:g} req/s: {what}."
