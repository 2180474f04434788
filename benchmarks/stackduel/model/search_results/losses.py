"""The fates of the requests of a load whose server is stopped or replaced."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.measurement import Measurement, Outcome

# Sent, and never answered in full: the client cannot know whether the server has done what was asked.
# A stream may end by all rules of HTTP, and yet before its last event.
LOST = (Outcome.DROPPED, Outcome.RESET, Outcome.TRUNCATED, Outcome.TIMEOUT, Outcome.WRONG_EVENTS)


@dataclass(frozen=True, slots=True)
class Losses:
    """The requests of one window: answered rightly, lost, refused, or answered otherwise.

    A request is lost that was sent and never answered in full, and refused if nobody accepted its connection: that one
    may always be sent again. Nothing was sent again here.
    """

    answered: int
    lost: int
    refused: int
    other: int

    @staticmethod
    def of(measurement: Measurement, unconnected: int = 0) -> Losses:
        """Return the losses of a window; ``unconnected`` requests still waited for a connection as it closed."""
        count = measurement.outcomes.get
        lost, refused = sum(count(each, 0) for each in LOST), count(Outcome.REFUSED, 0)
        other = measurement.failed - lost - refused
        return Losses(measurement.succeeded, lost, refused + unconnected, other)

    @staticmethod
    def sum(losses: list[Losses]) -> Losses:
        """Return the losses of several windows together."""
        return Losses(
            sum(each.answered for each in losses),
            sum(each.lost for each in losses),
            sum(each.refused for each in losses),
            sum(each.other for each in losses),
        )

    @property
    def lost_words(self) -> str:
        """How many were lost, in words."""
        if not self.lost:
            return "Lost no request"
        return f"Lost {self.lost:,} {'request' if self.lost == 1 else 'requests'}"

    @property
    def counts(self) -> str:
        """The counts but for the lost ones, in words."""
        text = f"{self.answered:,} answered, {self.refused:,} refused"
        return f"{text}, {self.other:,} answered otherwise" if self.other else text
