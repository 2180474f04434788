"""The result of an ablation in one scenario: what each switch does, and all of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from stackduel.model.comparison import CONFIDENCE

# What is measured of each arm: its rate, its latencies, its CPU time per request and its memory.
Measure = Literal["throughput", "mean", "p50", "p95", "p99", "cpu", "memory"]
Judgement = Literal["reproduced", "explained", "refuted", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Effect:
    """How many times as large a measure is with a switch on as with it off, with its interval."""

    measure: Measure
    ratio: float
    low: float
    high: float

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out that nothing changes."""
        return not self.low <= 1 <= self.high

    @property
    def strength(self) -> float:
        """How far the ratio is from no change, whichever way: the size of its logarithm."""
        return abs(math.log(self.ratio)) if self.ratio > 0 else 0.0


@dataclass(frozen=True, slots=True)
class SwitchEffects:
    """The effects of one switch, or how much larger the effect of one is with the other on: ``a x b``."""

    switch: str
    effects: tuple[Effect, ...]

    def of(self, measure: Measure) -> Effect | None:
        """Return the effect on a measure, None where it was not measured."""
        return next((each for each in self.effects if each.measure == measure), None)


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A published claim beside what was measured: both as ratios of on to off.

    ``switches`` are those that the claim is about, empty for all together. ``minutes`` is about how much longer an
    ablation would have to measure to settle an inconclusive claim, None where that cannot be told.
    """

    claim: str
    source: str
    switches: tuple[str, ...]
    measure: Measure
    claimed_low: float
    claimed_high: float
    ratio: float
    low: float
    high: float
    judgement: Judgement
    minutes: float | None
    sentence: str


class Ablation(Struct, frozen=True, tag_field="kind", tag="ablation"):
    """The effects of switches in one scenario, from ``trials`` of the ``planned`` ones.

    The intervals of a measure hold for all ``switches`` together with ``confidence``. ``whole`` is everything on
    against everything off, ``beyond`` that ratio over the product of the switches' effects; both were measured
    independently. ``interactions`` says how large the effect of one switch is with the other on, in multiples of that
    with it off. ``interactions_p`` is for each measure how likely interactions as large as those seen are by chance.
    ``noisy`` is the number of trials that were kept in spite of the host's noise, ``mixed`` says that the main effects
    have parts of interactions in them, because too few runs of a mirrored design were measured.
    """

    ablated: str
    trials: int
    planned: int
    noisy: int
    switches: tuple[SwitchEffects, ...]
    interactions: tuple[SwitchEffects, ...]
    whole: tuple[Effect, ...]
    beyond: tuple[Effect, ...]
    interactions_p: dict[str, float]
    claims: tuple[JudgedClaim, ...]
    mixed: bool = False
    confidence: float = CONFIDENCE

    @property
    def sentence(self) -> str:
        """The result in words."""
        rate = next((each for each in self.whole if each.measure == "throughput"), None)
        text = "All switches together: not measured"
        if rate is not None:
            text = f"All switches together: {change_text(rate)} requests per second"
        shown = [(each.switch, effect) for each in self.switches if (effect := each.of("throughput"))]
        shown = [(name, effect) for name, effect in shown if effect.is_shown]
        shown.sort(key=lambda pair: -pair[1].strength)
        if not shown:
            return f"{text}. No switch alone is shown to change them."
        first = ", ".join(f"{name} {change_text(effect)}" for name, effect in shown[:3])
        more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
        return f"{text}. Shown to change them: {first}{more}."


def change_text(effect: Effect) -> str:
    """Return a ratio as a change with its interval: +18 % (+15 to +21 %); from three times on as a multiple."""
    if effect.high >= 3:
        return f"{effect.ratio:.2f}x ({effect.low:.2f}-{effect.high:.2f})"
    value, low, high = (100 * (ratio - 1) for ratio in (effect.ratio, effect.low, effect.high))
    digits = 1 if max(abs(value), high - low) < 10 else 0
    return f"{value:+.{digits}f} % ({low:+.{digits}f} to {high:+.{digits}f} %)"
