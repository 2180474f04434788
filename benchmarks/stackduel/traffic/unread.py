"""Lines and entries that cannot be read: counted by reason, the first few kept as a terminal may show them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from stackduel.traffic.privacy import scrubbed
from stackduel.traffic.recording import UnreadLines

MOST_SAMPLES = 5
_SHOWN = 80


class NoRequestError(ValueError):
    """A line or an entry from which no request can be read; the message says why in a few words."""


@dataclass(slots=True)
class UnreadCounter:
    """Counts what cannot be read: lines, or what the ``noun`` says."""

    noun: str = "line"
    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    def add(self, number: int, text: bytes, reason: str) -> None:
        """Count one, and keep it if it is among the first."""
        self.reasons[reason] += 1
        if len(self.samples) < MOST_SAMPLES:
            self.samples.append(f"{self.noun} {number} ({reason}): {_shown(text)}")

    def counted(self) -> UnreadLines:
        """Return what was counted, the commonest reason first."""
        return UnreadLines(dict(self.reasons.most_common()), tuple(self.samples))


def _shown(text: bytes) -> str:
    """Return the beginning of a line, with escapes for all but ASCII and without what is secret or personal."""
    # A secret may go on behind the cut.
    begin = scrubbed(text[: 4 * _SHOWN].decode("utf-8", "replace"))
    escaped = begin.encode("unicode_escape").decode("ascii")
    return escaped if len(escaped) <= _SHOWN else f"{escaped[:_SHOWN]} ..."
