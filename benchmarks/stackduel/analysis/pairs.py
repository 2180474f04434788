"""A candidate beside the baseline, block by block: which trials a speedup is computed from.

A block counts whole: the trial of the candidate and that of the baseline. Five blocks without noise are enough, and
then only these are used. Where there are fewer, a trial that is void because of the load generator's limits alone
counts as a lower bound of its stack's rate: the true rate is at least the measured one. Bounds are used only where all
lie on the same side; a ratio of two lower bounds bounds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, log_ratios
from stackduel.analysis.trial_gates import is_lower_bound
from stackduel.model.aa_pair import is_twin
from stackduel.model.suite import Metric
from stackduel.model.trial import Result, Trial

# The candidate's trial and the baseline's.
TrialPair = tuple[Trial, Trial]
BoundSide = Literal["low", "high"]


@dataclass(frozen=True, slots=True)
class BaselinePair:
    """A candidate beside the baseline in one scenario.

    ``blocks`` are those that the speedup is computed from. ``bound`` is "low" where trials of the candidate are lower
    bounds, so that the speedup is at least the measured one, "high" where those of the baseline are. ``every`` has all
    blocks whose trials say anything, noisy ones and bounds included.
    """

    scenario: str
    candidate: str
    blocks: Sequence[TrialPair]
    every: Sequence[TrialPair]
    bound: BoundSide | None = None

    @property
    def metric(self) -> Metric:
        """The metric that is compared: rates, or times of a request."""
        return self.blocks[0][0].metric

    @property
    def noisy(self) -> bool:
        """Whether a trial was kept in spite of the host's noise."""
        return any(trial.state == "noisy" for block in self.blocks for trial in block)

    @property
    def logs(self) -> tuple[float, ...]:
        """The logarithms of the ratios, one a block."""
        return logs_of(self.blocks)

    @property
    def taken(self) -> float | None:
        """The largest share of the server's cores that others took in any trial; None if one of them does not say."""
        shares = [trial.noise.server_taken if trial.noise else None for block in self.every for trial in block]
        known = [each for each in shares if each is not None]
        return max(known) if len(known) == len(shares) else None

    def may_be(self, verdict: Literal["faster", "slower"]) -> bool:
        """Whether no lower bound contradicts: a candidate at least this fast may be faster, but not slower."""
        side = 1 if verdict == "faster" else 0
        return not any(is_lower_bound(block[side]) for block in self.every)


class Logs(NamedTuple):
    """The logarithms of a candidate's ratio to the baseline, a block each; ``noisy`` as in comparisons."""

    logs: tuple[float, ...]
    noisy: bool


def pairs(results: Iterable[Result], baseline: str) -> Iterator[BaselinePair]:
    """Yield every stack beside the baseline, by scenario and metric, in the order of the trials."""
    for (scenario, _), stacks in _trials(results).items():
        reference = stacks.get(baseline, {})
        for candidate, blocks in stacks.items():
            shared = [(blocks[block], reference[block]) for block in sorted(set(blocks) & set(reference))]
            if candidate != baseline and (pair := _pair(scenario, candidate, shared)):
                yield pair


def log_ratios_by_pair(results: Iterable[Result], baseline: str) -> dict[tuple[str, str], Logs]:
    """Return the log ratios that ``compare`` uses, by scenario and candidate; none where they are only bounds."""
    return {
        (pair.scenario, pair.candidate): Logs(pair.logs, pair.noisy)
        for pair in pairs(results, baseline)
        if pair.bound is None
    }


def logs_of(blocks: Iterable[TrialPair]) -> tuple[float, ...]:
    """Return the logarithm of candidate over baseline in each block."""
    scores = [(candidate.score or 0.0, baseline.score or 0.0) for candidate, baseline in blocks]
    return log_ratios([one for one, _ in scores], [other for _, other in scores])


def quiet_blocks(blocks: Sequence[TrialPair]) -> Sequence[TrialPair]:
    """Return the blocks without noise if there are enough for an interval, else all blocks."""
    quiet = [block for block in blocks if all(trial.state == "ok" for trial in block)]
    return quiet if len(quiet) >= FEWEST_BLOCKS else blocks


def lower_bounds(results: Iterable[Result]) -> list[Trial]:
    """Return the lower bounds of a stack's rate in a scenario, one a block; none where five trials count."""
    trials = trials_by_block(results).values()
    enough = sum(trial.counts for trial in trials) >= FEWEST_BLOCKS
    return [] if enough else [trial for trial in trials if not trial.counts]


def trials_by_block(results: Iterable[Result]) -> dict[int, Trial]:
    """Return for each block the trial that counts, else the latest that is a lower bound, else none."""
    found: dict[int, Trial] = {}
    for each in results:
        if not isinstance(each, Trial) or each.score is None or not (each.counts or is_lower_bound(each)):
            continue
        before = found.get(each.place.block)
        if before is None or each.counts or not before.counts:
            found[each.place.block] = each
    return dict(sorted(found.items()))


def _trials(results: Iterable[Result]) -> dict[tuple[str, Metric], dict[str, dict[int, Trial]]]:
    """Return the trials that say anything, by scenario and metric, stack and block."""
    places: dict[tuple[str, Metric], dict[str, list[Result]]] = {}
    for each in results:
        if isinstance(each, Trial):
            place = each.place
            places.setdefault((place.scenario, each.metric), {}).setdefault(place.stack, []).append(each)
    return {place: {stack: trials_by_block(own) for stack, own in stacks.items()} for place, stacks in places.items()}


def _pair(scenario: str, candidate: str, shared: Sequence[TrialPair]) -> BaselinePair | None:
    counting = [block for block in shared if all(trial.counts for trial in block)]
    blocks = quiet_blocks(counting)
    quiet = [block for block in shared if not any(trial.state == "noisy" for trial in block)]
    if len(quiet) >= FEWEST_BLOCKS and not _all_quiet(blocks):
        if is_twin(candidate):
            # Two equal servers: their difference is that of the host and the generator, at its limit or not.
            return BaselinePair(scenario, candidate, quiet, shared)
        bounded = [block for block in quiet if not all(map(is_lower_bound, block))]
        side = _bound_side(bounded)
        if side is not None and len(bounded) >= FEWEST_BLOCKS:
            return BaselinePair(scenario, candidate, bounded, shared, side)
    return BaselinePair(scenario, candidate, blocks, shared) if blocks else None


def _all_quiet(blocks: Sequence[TrialPair]) -> bool:
    return len(blocks) >= FEWEST_BLOCKS and all(trial.state == "ok" for block in blocks for trial in block)


def _bound_side(blocks: Sequence[TrialPair]) -> BoundSide | None:
    """Return which bound of the speedup these blocks give; None if there is none, or both contradict each other."""
    candidate, baseline = (any(is_lower_bound(block[side]) for block in blocks) for side in (0, 1))
    if candidate == baseline:
        return None
    return "low" if candidate else "high"
