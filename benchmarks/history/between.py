"""Before and after: what changed from one run to another (pure).

The blocks of two runs are no pairs: they were measured on another day, perhaps while the host did other things. So a
stack's own rates tell of the host as well as of the stack. But within each run every block holds the baseline, too, and
what slows both cancels out of their ratio. The change of a stack is therefore the change of its *speedup*: the new one
divided by the old, with an interval for independent samples (``benchmarks.stats.welch``) of the blocks' log ratios. It
does not see what changed the baseline in the same way. The raw change of each stack stands beside it, and has no
verdict: nothing tells the host's part in it from the stack's.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.fields import FieldError
from benchmarks.history.differences import differences, unlike
from benchmarks.record import Run
from benchmarks.stats.decision import SMALLEST_MARGIN, decide, margin
from benchmarks.stats.intervals import CONFIDENCE, FEWEST_BLOCKS, Interval
from benchmarks.stats.welch import unpaired
from benchmarks.suite import Metric
from benchmarks.trial import Trial, Verdict
from benchmarks.twin import is_twin, twin_of
from benchmarks.verdict import Logs, log_ratios_by_pair

# A scenario and a stack.
Place = tuple[str, str]

# A change within it may be called none, however little could be told.
WIDEST_EQUIVALENT = 0.05
# A baseline that moved by more than this without an interval is worth a word.
NOTABLE = 0.05


@dataclass(frozen=True, slots=True)
class Ratio:
    """New over old, above 1 is better, and between which bounds it lies; None where too few blocks tell."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one stack in one scenario.

    ``old`` and ``new`` are the medians of its blocks: requests a second, or milliseconds where ``metric`` is time.
    ``ratio`` is that of its speedups, None for the baseline and where the runs have different ones; ``raw`` that of its
    scores, the host's part included. Within ``margin`` is no difference.
    """

    scenario: str
    stack: str
    metric: Metric
    old: float
    new: float
    ratio: Ratio | None
    raw: Ratio
    verdict: Verdict
    margin: float | None
    noisy: bool
    old_blocks: int
    new_blocks: int


@dataclass(frozen=True, slots=True)
class Between:
    """Two runs beside each other: ``differences`` of how they were measured, ``notes``, and what changed.

    ``baseline`` is None where the runs have not the same one. ``confidence`` is that of all intervals of ``ratio``
    together, and of all of ``raw`` together.
    """

    old: str
    new: str
    baseline: str | None
    confidence: float
    differences: tuple[str, ...]
    notes: tuple[str, ...]
    changes: tuple[Change, ...]


def between(old: Run, new: Run) -> Between:
    """Compare two runs; raises FieldError where they have nothing that may be compared."""
    _refuse(old, new)
    scenarios, notes = _shared(old, new)
    baseline = old.baseline if old.baseline == new.baseline else None
    if baseline is None:
        notes.append(
            f"The baselines differ ({old.baseline}, {new.baseline}): there are raw changes only, with the host's part."
        )
    sides = (_Side.of(old), _Side.of(new))
    found = tuple(_changes(sides, scenarios, baseline))
    if not found:
        raise FieldError(f"compare: {old.run_id} and {new.run_id} have no stack in common that was measured in both")
    return Between(
        old=old.run_id,
        new=new.run_id,
        baseline=baseline,
        confidence=CONFIDENCE,
        differences=differences(old, new),
        notes=(*notes, *_states(old, new), *_of_baseline(found, baseline), *_of_twins(sides, scenarios, baseline)),
        changes=found,
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two runs: the trials that count and the log ratios, by (scenario, stack)."""

    run: Run
    trials: Mapping[Place, Sequence[Trial]]
    logs: Mapping[Place, Logs]

    @staticmethod
    def of(run: Run) -> _Side:
        trials: dict[Place, list[Trial]] = {}
        for each in run.results:
            if isinstance(each, Trial) and each.counts and each.score is not None:
                trials.setdefault((each.place.scenario, each.place.stack), []).append(each)
        quiet = {place: _quiet(found) for place, found in trials.items()}
        return _Side(run, quiet, log_ratios_by_pair(run.results, run.baseline))

    def resolution(self, place: Place) -> float:
        """What the windows of this run could tell apart."""
        found = (each.resolution for each in self.run.comparisons if (each.scenario, each.candidate) == place)
        return next(found, 0.0)


_Sides = tuple[_Side, _Side]


def _refuse(old: Run, new: Run) -> None:
    for run in (old, new):
        if run.suite.search is not None:
            raise FieldError(
                f"compare: {run.run_id} searches ({run.suite.search.mode}): only runs that compare stacks can be "
                "compared"
            )
    launchers = [str(run.environment.get("launcher", "unknown")) for run in (old, new)]
    if launchers[0] != launchers[1]:
        raise FieldError(
            f"compare: {old.run_id} was launched by {launchers[0]} and {new.run_id} by {launchers[1]}: local and "
            "container runs are never merged"
        )


def _shared(old: Run, new: Run) -> tuple[list[str], list[str]]:
    """The scenarios that both runs measured in the same way, and a note for each that they measured differently."""
    after = {scenario.name: scenario for scenario in new.suite.scenarios}
    both = [(scenario, after[scenario.name]) for scenario in old.suite.scenarios if scenario.name in after]
    notes = [
        f"{one.name} is left out: {', '.join(unlike(one, other))} not the same in both."
        for one, other in both
        if unlike(one, other)
    ]
    shared = [one.name for one, other in both if not unlike(one, other)]
    if not shared:
        why = " ".join(notes) or (
            f"{', '.join(each.name for each in old.suite.scenarios)} on one side, {', '.join(after)} on the other"
        )
        raise FieldError(f"compare: {old.run_id} and {new.run_id} have no scenario in common: {why}")
    return shared, notes


def _changes(sides: _Sides, scenarios: Sequence[str], baseline: str | None) -> Iterator[Change]:
    old, new = sides
    stacks = [name for name in old.run.stacks if name in new.run.stacks and not is_twin(name)]
    every = ((scenario, stack) for scenario in scenarios for stack in stacks)
    places = [place for place in every if place in old.trials and place in new.trials]
    related = {place for place in places if baseline and place in old.logs and place in new.logs}
    for place in places:
        raw = _compared([tuple(math.log(trial.score or 1.0) for trial in side.trials[place]) for side in sides])
        ratio = _compared([side.logs[place].logs for side in sides]) if place in related else None
        noisy = any(trial.state == "noisy" for side in sides for trial in side.trials[place])
        if place in related:
            noisy = any(side.logs[place].noisy for side in sides)
        found = ratio.interval(len(related)) if ratio else None
        allowed = _margin(sides, place, baseline) if baseline and ratio else None
        yield Change(
            scenario=place[0],
            stack=place[1],
            metric=new.trials[place][0].metric,
            old=_median(old.trials[place]),
            new=_median(new.trials[place]),
            ratio=_ratio(ratio.point, found) if ratio else None,
            raw=_ratio(raw.point, raw.interval(len(places))),
            verdict=_verdict(found, allowed, sides, place, noisy=noisy),
            margin=allowed,
            noisy=noisy,
            old_blocks=len(old.trials[place]),
            new_blocks=len(new.trials[place]),
        )


@dataclass(frozen=True, slots=True)
class _Compared:
    """The logarithms of both runs' blocks."""

    old: Sequence[float]
    new: Sequence[float]

    @property
    def point(self) -> float:
        return math.exp(statistics.fmean(self.new) - statistics.fmean(self.old))

    def interval(self, comparisons: int = 1) -> Interval | None:
        return unpaired(self.new, self.old, comparisons)


def _compared(logs: Sequence[Sequence[float]]) -> _Compared:
    return _Compared(logs[0], logs[1])


def _ratio(point: float, found: Interval | None) -> Ratio:
    return Ratio(found.ratio, found.low, found.high) if found else Ratio(point)


def _verdict(found: Interval | None, allowed: float | None, sides: _Sides, place: Place, *, noisy: bool) -> Verdict:
    """The word on a change. A wide interval of the twins makes it harder to say that something changed.

    It makes nothing equivalent, though: where twins cannot be told apart, neither can a loss of ten per cent.
    """
    word = decide(found, allowed, noisy=noisy)
    if word != "equivalent" or allowed is None:
        return word
    narrow = min(allowed, max(WIDEST_EQUIVALENT, _resolution(sides, place)))
    return word if decide(found, narrow, noisy=noisy) == "equivalent" else "inconclusive"


def _margin(sides: _Sides, place: Place, baseline: str) -> float | None:
    """Within it is no difference: what the twin's own change, and the windows of both runs, cannot tell apart."""
    return margin(_of_twin(sides, place[0], baseline), max(SMALLEST_MARGIN, _resolution(sides, place)))


def _resolution(sides: _Sides, place: Place) -> float:
    """What the windows of the two runs together may be wrong by."""
    return math.prod(1 + side.resolution(place) for side in sides) - 1


def _of_twin(sides: _Sides, scenario: str, baseline: str) -> Interval | None:
    place = (scenario, twin_of(baseline))
    if not all(place in side.logs for side in sides):
        return None
    return _compared([side.logs[place].logs for side in sides]).interval()


def _quiet(trials: Sequence[Trial]) -> Sequence[Trial]:
    """The trials without noise, where these are enough for an interval; else all."""
    quiet = [trial for trial in trials if trial.state == "ok"]
    return quiet if len(quiet) >= FEWEST_BLOCKS else trials


def _median(trials: Sequence[Trial]) -> float:
    if trials[0].metric == "rate":
        return statistics.median(trial.rate_rps for trial in trials)
    return statistics.median(trial.time_ms for trial in trials if trial.time_ms is not None)


def _states(old: Run, new: Run) -> Iterator[str]:
    for run in (old, new):
        if run.status != "complete":
            yield f"{run.run_id} is {run.status}: {len(run.done())} of {run.planned} trials measured."


def _of_baseline(changes: Sequence[Change], baseline: str | None) -> Iterator[str]:
    """Where the baseline itself is not what it was: ratios are free of that, raw changes are not."""
    for each in changes:
        raw = each.raw
        if each.stack != baseline:
            continue
        if raw.low is None or raw.high is None:
            moved = abs(math.log(raw.value)) > math.log1p(NOTABLE)
            bounds = ""
        else:
            moved = raw.low > 1 or raw.high < 1
            bounds = f" ({raw.low:.3g}-{raw.high:.3g})"
        if moved:
            yield (
                f"{each.scenario}: {baseline}, the baseline, is itself at {raw.value:.3g}x{bounds} of what it was: the "
                "host, or the baseline. Ratios are free of what changed it and the stack alike, raw changes are not."
            )


def _of_twins(sides: _Sides, scenarios: Sequence[str], baseline: str | None) -> Iterator[str]:
    """Where the baseline's twin changed beside the baseline: nothing did that but the host."""
    for scenario in scenarios if baseline else ():
        found = _of_twin(sides, scenario, baseline or "")
        if found and (found.low > 1 + SMALLEST_MARGIN or found.high < 1 / (1 + SMALLEST_MARGIN)):
            yield (
                f"{scenario}: the baseline's twin changed beside the baseline ({found.ratio:.3g}x, "
                f"{found.low:.3g}-{found.high:.3g}), so something on a host favoured one of two equal servers."
            )
