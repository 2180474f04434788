"""The result of a tuning: what was screened, what was confirmed beside the current command, and what to change."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.comparison import SpeedupSize, Verdict
from stackduel.model.search_results.ablation import Measure


@dataclass(frozen=True, slots=True)
class Screened:
    """A candidate in its last round of the screening; a figure is None where it was not measured.

    ``reason`` says why it went no further, where it is not that others were better.
    """

    stack: str
    round: int
    rate_rps: float | None = None
    p99_ms: float | None = None
    memory_mib: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A candidate beside the current command in the blocks of the confirmation.

    ``gain`` is how many times better it is by the objective, with its interval: above 1 is better, whatever the
    measure. ``size`` is as in a comparison. The figures are means over the blocks; ``binds`` names the ceiling that it
    reached. ``refused`` says why it is not recommended however fast it is, None where nothing speaks against it.
    """

    stack: str
    gain: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    rate_rps: float | None
    p99_ms: float | None
    mean_ms: float | None
    memory_mib: float | None
    binds: str | None = None
    size: SpeedupSize | None = None
    refused: str | None = None


class Tuned(Struct, frozen=True, tag_field="kind", tag="tuned"):
    """The change of the current command, the line ``before``; ``after`` is None where no change is recommended.

    That is ``undecided`` where a gain worth having is not ruled out, as too little was measured or the host was busy.
    ``before_needs`` and ``after_needs`` are the lines that install what the command needs and the user's environment
    lacks, None where it lacks nothing. ``measure`` is what decided: that of the objective, or the mean latency where
    too few requests were answered for a p99. ``wait_ms`` and ``cpu_ms`` are those of one request alone, ``slots`` how
    many requests the server has to hold at once by Little's law to be busy with them; all are None where they could not
    be learned. ``shared_state`` is the sentence on an application whose answers are wrong on threads alone.
    """

    before: str
    after: str | None
    recommended: str | None
    measure: Measure
    screened: tuple[Screened, ...]
    confirmed: tuple[Confirmed, ...]
    blocks: int
    reason: str
    undecided: bool = False
    wait_ms: float | None = None
    cpu_ms: float | None = None
    slots: int | None = None
    shared_state: str | None = None
    before_needs: str | None = None
    after_needs: str | None = None

    @property
    def sentence(self) -> str:
        """The result in words."""
        return f"{self.answer}: {self.reason}"

    @property
    def answer(self) -> str:
        """The result in a few words, without its reason."""
        if self.after is not None:
            return f"Change to {self.after}{f', after {self.after_needs}' if self.after_needs else ''}"
        return "Undecided" if self.undecided else "No change worth making"

    def of(self, stack: str) -> Confirmed | None:
        """Return what the confirmation says of a stack, None if it was not in it."""
        return next((each for each in self.confirmed if each.stack == stack), None)
