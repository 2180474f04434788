"""The result of the search for the most streams that a stack holds at once."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.search_results.limit import limit_sentence


@dataclass(frozen=True, slots=True)
class StreamWindows:
    """The windows with so many streams, how many kept the service level, and which bound the last other one broke."""

    streams: int
    kept: int
    tried: int
    broke: str = ""

    @property
    def level(self) -> float:
        """The load of the windows."""
        return self.streams


class StreamsHeld(Struct, frozen=True, tag_field="kind", tag="streams-held"):
    """The most streams that one stack holds at once.

    ``confirmed`` is the highest number at which every window kept the service level, None if there was none. ``above``
    is the lowest higher number at which some window did not, None if none was reached. ``limit`` says what other than
    the server ended the search, or is empty. ``nothing_right`` is true where a single stream failed already.
    """

    slo: str
    confirmed: StreamWindows | None
    above: StreamWindows | None
    limit: str = ""
    nothing_right: bool | None = None

    @property
    def sentence(self) -> str:
        """The result in words."""
        if self.nothing_right:
            return f"No stream comes rightly, however few there are.{limit_sentence(self.limit)}"
        if self.confirmed is None:
            text = f"No number of streams was confirmed to keep {self.slo}"
            text += f" (with {streams_text(self.above.streams)} {self.above.broke})" if self.above else ""
            return f"{text}.{limit_sentence(self.limit)}"
        text = f"Holds {'at least ' if self.above is None else ''}{streams_text(self.confirmed.streams)} at once with "
        text += f"{self.slo} (in {self.confirmed.kept} of {self.confirmed.tried} windows"
        if self.above is not None:
            text += f"; with {streams_text(self.above.streams)} in {self.above.kept} of {self.above.tried}"
            text += f": {self.above.broke}"
        return f"{text}).{limit_sentence(self.limit)}"


def streams_text(count: int) -> str:
    """Return a number of streams in words."""
    return "1 stream" if count == 1 else f"{count:,} streams"
