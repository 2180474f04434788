"""What a search found on one stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from stackduel.model.comparison import CONFIDENCE
from stackduel.model.duration import duration


@dataclass(frozen=True, slots=True)
class Median:
    """A median, and between which values the true one lies with ``confidence``; None where too few were measured."""

    value: float
    low: float | None = None
    high: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope per unit of time, and between which bounds the true one lies with ``confidence``."""

    value: float
    low: float
    high: float
    confidence: float = CONFIDENCE


@dataclass(frozen=True, slots=True)
class RampStep:
    """One rate of the ramp: whether it was held, the share of its requests that failed, and its p99 (None: unknown)."""

    rate_rps: float
    held: bool
    failed: float | None
    p99_ms: float | None


class BreakingPoint(Struct, frozen=True, tag_field="kind", tag="breaking-point"):
    """Where one stack broke.

    ``held_rps`` is the last rate before, None where not even the lowest was held; ``broken_rps`` the first that
    broke it, None where none did. ``what`` says what broke, or what else ended the ramp.
    """

    bounds: str
    held_rps: float | None
    broken_rps: float | None
    what: str
    steps: tuple[RampStep, ...]

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        held = "" if self.held_rps is None else f"{self.held_rps:g} req/s"
        what = self.what.rstrip(".")
        if self.broken_rps is None:
            return f"Not broken up to {held}. What ended the ramp: {what}." if held else f"Not told: {what}."
        if not held:
            return f"Broke at {self.broken_rps:g} req/s, the lowest rate tried: {what}."
        return f"Held {held} ({self.bounds}) and broke at {self.broken_rps:g} req/s: {what}."


@dataclass(frozen=True, slots=True)
class Windows:
    """How many windows at one rate were tried, how many kept the service level, and what the last other one broke."""

    rate_rps: float
    kept: int
    tried: int
    broke: str = ""


class Capacity(Struct, frozen=True, tag_field="kind", tag="capacity"):
    """The capacity of one stack.

    ``confirmed`` is the highest rate at which every window kept the service level, None where there was none;
    ``above`` the lowest above it at which not all did, None where none was reached. ``limit`` says what else than the
    server ended the search, or is empty. ``replicas`` and ``cost`` are None where nobody asked for them.
    """

    slo: str
    confirmed: Windows | None
    above: Windows | None
    limit: str = ""
    replicas: int | None = None
    cost: float | None = None
    demand_rps: float | None = None
    headroom: float = 0.8

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        if self.confirmed is None:
            text = f"No rate was confirmed to keep {self.slo}"
            text += f" (at {self.above.rate_rps:g} req/s {self.above.broke})" if self.above else ""
            return f"{text}.{_limited(self.limit)}"
        kept = f"{self.confirmed.kept} of {self.confirmed.tried} windows"
        text = f"Keeps {self.slo} up to {'at least ' if self.above is None else ''}{self.confirmed.rate_rps:g} req/s"
        text += f" (in {kept}"
        if self.above is not None:
            text += f"; at {self.above.rate_rps:g} req/s in {self.above.kept} of {self.above.tried}: {self.above.broke}"
        return f"{text}).{_limited(self.limit)}{self._replicas()}"

    def _replicas(self) -> str:
        if self.replicas is None or self.demand_rps is None:
            return ""
        noun = "replica" if self.replicas == 1 else "replicas"
        text = f" {self.demand_rps:g} req/s take {self.replicas} {noun}, each loaded to {100 * self.headroom:g} %"
        return text + (f", at a cost of {self.cost:,.10g}." if self.cost is not None else ".")


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch: milliseconds until the health check answered, of the first request, and of a later one in the median.

    ``cpu_s`` is what the stack had spent when all of it had started, None where that cannot be read.
    """

    block: int
    launch_ms: float
    first_ms: float
    warm_ms: float
    cpu_s: float | None


@dataclass(frozen=True, slots=True)
class Speedup:
    """How many times faster than the baseline a stack starts, over so many blocks; no bounds from fewer than five."""

    ratio: float
    low: float | None
    high: float | None
    blocks: int


class ColdStart(Struct, frozen=True, tag_field="kind", tag="cold-start"):
    """The cold starts of one stack: medians over its launches. ``speedup`` is None for the baseline itself."""

    launches: tuple[Launch, ...]
    launch_ms: Median
    first_ms: Median
    warm_ms: Median
    cpu_s: Median | None
    baseline: str
    speedup: Speedup | None

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        number = len(self.launches)
        text = f"Answers {_said(self.launch_ms, 'ms')} after its launch (median of {number})"
        text += f"; its first request takes {_said(self.first_ms, 'ms')}, later ones {_said(self.warm_ms, 'ms')}"
        if self.cpu_s is not None:
            text += f"; starting takes {_said(self.cpu_s, 's')} of CPU"
        if self.speedup is not None:
            text += f". {self.speedup.ratio:.3g}x"
            if self.speedup.low is not None and self.speedup.high is not None:
                text += f" ({self.speedup.low:.3g}-{self.speedup.high:.3g})"
            text += f" as fast to start as {self.baseline}"
        return f"{text}."


def _said(found: Median, unit: str) -> str:
    text = f"{found.value:,.4g} {unit}"
    if found.low is not None and found.high is not None:
        text += f" [{found.low:,.4g} to {found.high:,.4g}]"
    return text


def _limited(limit: str) -> str:
    return f" {limit[:1].upper()}{limit[1:].rstrip('.')}." if limit else ""


# Memory that may fill the budget within a day, for all that is known, is not told to be no leak.
DAY_H = 24


@dataclass(frozen=True, slots=True)
class Third:
    """How a third of the time was served; None where nothing of it counts, or too few requests tell."""

    rate_rps: float | None
    p99_ms: float | None


class Soak(Struct, frozen=True, tag_field="kind", tag="soak"):
    """What a long load made of one stack.

    ``slope`` is that of its memory in MiB per hour, None where memory could not be read often enough. ``full_in_h`` is
    when it would reach the budget at that slope, None where it does not surely grow. ``disturbed`` pieces are in the
    memory, and not in ``first`` and ``last``, the thirds. ``ended`` says why it did not last as long as it should have.
    """

    duration_s: float
    requests: int
    failed: int
    memory_mib: float | None
    budget_mib: int
    slope: Slope | None
    full_in_h: float | None
    first: Third
    last: Third
    disturbed: int = 0
    ended: str = ""

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        parts = [f"{self._memory()} in {duration(self.duration_s)}"]
        if self.first.rate_rps is not None and self.last.rate_rps is not None:
            change = f", {100 * (self.last.rate_rps / self.first.rate_rps - 1):+.1f} %" if self.first.rate_rps else ""
            parts.append(
                f"rate {self.first.rate_rps:,.4g} req/s in the first third and {self.last.rate_rps:,.4g} in the last"
                + change
            )
        if self.first.p99_ms is not None and self.last.p99_ms is not None:
            parts.append(f"p99 {self.first.p99_ms:,.4g} ms, then {self.last.p99_ms:,.4g} ms")
        parts.append(f"{self.failed:,} of {self.requests:,} requests failed")
        if self.disturbed:
            parts.append(f"{self.disturbed} of the pieces it was measured in were disturbed")
        if self.ended:
            parts.append(f"it ended early: {self.ended}")
        return "; ".join(parts) + "."

    def _memory(self) -> str:
        found = self.slope
        if found is None:
            return "Memory was not read often enough for a slope"
        text = f"{found.value:+.3g} MiB/h ({found.low:+.3g} to {found.high:+.3g})"
        if found.low > 0:
            full = f", {_hours(self.full_in_h)} to the budget of {self.budget_mib} MiB" if self.full_in_h else ""
            return f"Memory grows by {text}{full}"
        if found.high * DAY_H > self.budget_mib:
            return f"Too short to tell whether memory grows: slope {text}"
        return f"No leak seen: memory slope {text}"


def _hours(hours: float | None) -> str:
    return duration(3600 * (hours or 0.0))


CountVerdict = Literal["highest", "lower", "equivalent", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Count:
    """A number of connections in the confirmations: its rate, and its share of the highest one, with intervals.

    The bounds are None where too few rounds were measured.
    """

    connections: int
    rate_rps: float
    low_rps: float | None
    high_rps: float | None
    share: float
    share_low: float | None
    share_high: float | None
    word: CountVerdict


@dataclass(frozen=True, slots=True)
class Tried:
    """A number of connections in the exploration, and the rate that it gave once."""

    connections: int
    rate_rps: float


class Sustained(Struct, frozen=True, tag_field="kind", tag="sustained"):
    """The best number of connections of one stack.

    ``best`` is the fewest whose rate does not differ from the highest, None where nothing was measured. It is
    ``sure`` when its rate is equivalent to the highest or is it, and the next fewer give less, both with confidence.
    ``limit`` says what else than the server ended the exploration, or is empty.
    """

    best: Count | None
    sure: bool
    counts: tuple[Count, ...]
    explored: tuple[Tried, ...]
    limit: str = ""

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        limit = f" {self.limit[:1].upper()}{self.limit[1:].rstrip('.')}." if self.limit else ""
        best = self.best
        if best is None:
            return f"No number of connections could be measured.{limit}"
        noun = "connection" if best.connections == 1 else "connections"
        rate = f"{best.rate_rps:,.4g} req/s"
        if best.low_rps is not None and best.high_rps is not None:
            rate += f" ({best.low_rps:,.4g} to {best.high_rps:,.4g})"
        if self.sure:
            text = f"Best at {best.connections} {noun}: {rate}"
        else:
            text = f"Inconclusive: about {best.connections} {noun} with {rate}"
        for word, phrase in (
            ("highest", "highest at"),
            ("lower", "less at"),
            ("equivalent", "the same at"),
            ("inconclusive", "undecided at"),
        ):
            others = [f"{each.connections}" for each in self.counts if each.word == word and each != best]
            text += f"; {phrase} {', '.join(others)}" if others else ""
        return f"{text}.{limit}"


SearchResult = Capacity | Sustained | BreakingPoint | ColdStart | Soak


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one stack from the load of one scenario on."""

    stack: str
    scenario: str
    found: SearchResult
