"""The shares of requests that fail: whether a candidate's is shown to be higher than the baseline's.

A stack that fails more has not done the same work, so no speed of it is an advantage. As for speedups, a block is one
value: the candidate's share less the baseline's. The mean difference must be shown to exceed ``TOLERATED``, by a
one-sided Student-t bound at a risk of 5 % for all comparisons of the run together (Bonferroni). Where too few blocks
were measured to show anything, or they differ too much, a share that lies far above the baseline's is a suspicion.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from stackduel.analysis.pairs import quiet_blocks
from stackduel.analysis.statistics.distributions import student_quantile
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.analysis.trial_gates import is_lower_bound
from stackduel.model.comparison import CONFIDENCE, FailureExcess, FailureSuspicion
from stackduel.model.measurement import Outcome
from stackduel.model.trial import Result, Trial

# A difference of so many requests in a thousand is no reason against a stack.
TOLERATED = 0.001
# A difference of one request in a hundred is one, even while nothing is shown.
SUSPECT = 0.01
# A forecast looks no further ahead.
MOST_BLOCKS_TO_SHOW = 200

# Scenario -> stack -> block -> the trial that counts.
BlockTrials = Mapping[str, Mapping[str, Mapping[int, Trial]]]


def trials_with_requests(results: Iterable[Result]) -> BlockTrials:
    """Return the trials that sent requests and count, or are at least lower bounds of a rate."""
    found: dict[str, dict[str, dict[int, Trial]]] = {}
    for trial in results:
        if not isinstance(trial, Trial) or not trial.measurement.requests:
            continue
        blocks = found.setdefault(trial.place.scenario, {}).setdefault(trial.place.stack, {})
        if trial.counts or (is_lower_bound(trial) and trial.place.block not in blocks):
            blocks[trial.place.block] = trial
    return found


def failure_excess(
    trials: BlockTrials, scenario: str, candidate: str, baseline: str, comparisons: int
) -> FailureExcess | None:
    """Return how much more a candidate is shown to fail than the baseline; None where nothing is shown."""
    blocks = _shared_blocks(trials, scenario, candidate, baseline)
    if len(blocks) < FEWEST_BLOCKS:
        return None
    low = _lower_bound(_differences(blocks), (1 - CONFIDENCE) / max(1, comparisons))
    if low <= TOLERATED:
        return None
    mine, theirs = [block[0] for block in blocks], [block[1] for block in blocks]
    return FailureExcess(share_failed(mine), share_failed(theirs), low, commonest_failure(mine) or "")


def failure_suspicion(
    trials: BlockTrials, scenario: str, candidate: str, baseline: str, comparisons: int
) -> FailureSuspicion | None:
    """Return by how much a candidate failed more than the baseline, where that is much; None elsewhere.

    It is meant for a candidate that is not shown to fail more.
    """
    blocks = _shared_blocks(trials, scenario, candidate, baseline)
    mine, theirs = [block[0] for block in blocks], [block[1] for block in blocks]
    share, baseline_share = share_failed(mine), share_failed(theirs)
    if share - baseline_share <= SUSPECT:
        return None
    needed = _blocks_to_show(_differences(blocks), (1 - CONFIDENCE) / max(1, comparisons))
    return FailureSuspicion(share, baseline_share, commonest_failure(mine) or "", needed)


def commonest_failure(trials: Iterable[Trial]) -> str | None:
    """Return the outcome that most of the failed requests ended with; None if none failed."""
    counts: Counter[str] = Counter()
    for trial in trials:
        counts.update({name: count for name, count in trial.measurement.outcomes.items() if name != Outcome.OK})
    return max(counts, key=lambda name: (counts[name], name)) if counts.total() else None


def share_failed(trials: Iterable[Trial]) -> float:
    """Return the share of failed requests over all trials; 0 without any request."""
    failed = requests = 0
    for each in trials:
        failed, requests = failed + each.measurement.failed, requests + each.measurement.requests
    return failed / requests if requests else 0.0


def _shared_blocks(trials: BlockTrials, scenario: str, candidate: str, baseline: str) -> Sequence[tuple[Trial, Trial]]:
    stacks = trials.get(scenario, {})
    one, other = stacks.get(candidate, {}), stacks.get(baseline, {})
    return quiet_blocks([(one[block], other[block]) for block in sorted(set(one) & set(other))])


def _differences(blocks: Sequence[tuple[Trial, Trial]]) -> list[float]:
    return [share_failed([mine]) - share_failed([theirs]) for mine, theirs in blocks]


def _lower_bound(values: Sequence[float], risk: float) -> float:
    return _bound(statistics.fmean(values), float(np.std(values, ddof=1)), len(values), risk)


def _bound(mean: float, spread: float, blocks: int, risk: float) -> float:
    return mean - student_quantile(blocks - 1, risk) * spread / math.sqrt(blocks)


def _blocks_to_show(values: Sequence[float], risk: float) -> int | None:
    """Return how many blocks with this mean and spread would show the difference, None beyond a limit."""
    mean, spread = statistics.fmean(values), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    counts = range(FEWEST_BLOCKS, MOST_BLOCKS_TO_SHOW + 1)
    return next((count for count in counts if _bound(mean, spread, count, risk) > TOLERATED), None)
