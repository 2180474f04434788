"""Two stacks head to head: which is better, by how much, and how certain that is.

Every ratio is that of the two figures within each block, above 1 where the first stack's is the better one, and over
the blocks their geometric mean with its Student-t interval; the confidence is that of all rows of a table together. A
row has a winner where the interval leaves out 1, and is a tie where it does not. Blocks that the host disturbed are in
the figures; they are in the ratios only where fewer than five others remain, and the leader is then no winner.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stackduel.analysis.pairs import quiet_blocks
from stackduel.analysis.statistics.intervals import interval
from stackduel.model.histogram import Histogram, LatencySummary, summarise
from stackduel.model.measurement import Measurement
from stackduel.model.suite import Scenario
from stackduel.model.trial import Result, Trial, counting_trials

TIE = "tie"
# Without an interval: less than this is a tie, and more only a lead.
WORTH_NAMING = 1.05
# The requests that a block needs for a percentile: fewer than for one that is printed, as it only compares blocks.
FEWEST_IN_BLOCK: Mapping[str, int] = {"p50": 5, "p95": 20, "p99": 100}

Better = Literal["higher", "lower"]
RowUnit = Literal["count", "share", "rate", "ms"]


@dataclass(frozen=True, slots=True)
class HeadToHeadRow:
    """One figure of both stacks; None where it was not measured or too few requests tell.

    ``ratio`` says how many times better the first one is, between ``low`` and ``high`` where there are blocks enough.
    ``winner`` is a stack, a tie, or None where there is nothing to compare; where it was not ``tested``, the leader,
    even if the lead may be chance. On ``noisy`` trials the leader is no proven winner either.
    """

    name: str
    unit: RowUnit
    better: Better
    first: float | None
    second: float | None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    winner: str | None = None
    tested: bool = False
    noisy: bool = False

    @property
    def settled(self) -> bool:
        """Whether the winner is proven, not only in the lead."""
        return self.tested and not self.noisy


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """Two stacks in one scenario, over the ``blocks`` with both; ``second`` is empty for one stack alone."""

    scenario: Scenario
    first: str
    second: str
    blocks: int
    rows: tuple[HeadToHeadRow, ...]

    @property
    def tested(self) -> bool:
        """Whether there are blocks enough for intervals."""
        return any(row.tested for row in self.rows)

    @property
    def noisy(self) -> bool:
        """Whether its ratios rest on trials that were kept in spite of the host's noise."""
        return any(row.noisy for row in self.rows)

    def row(self, name: str) -> HeadToHeadRow:
        """Return the row of that name; raise KeyError if there is none."""
        return {row.name: row for row in self.rows}[name]

    def won_by(self, stack: str) -> tuple[HeadToHeadRow, ...]:
        """Return the rows whose winner is that stack."""
        return tuple(row for row in self.rows if row.winner == stack)


@dataclass(frozen=True, slots=True)
class _Figure:
    """The calculation of a row: its value over all trials of a stack, and over one trial for the ratios."""

    name: str
    unit: RowUnit
    better: Better
    of_all: Callable[[Sequence[Trial]], float | None]
    of_one: Callable[[Trial], float | None]


def head_to_heads(
    results: Iterable[Result], scenarios: Sequence[Scenario], pair: Sequence[str]
) -> tuple[HeadToHead, ...]:
    """Compare ``pair``, two stacks, in every scenario with trials of both; return nothing for an empty pair."""
    if len(pair) != 2:
        return ()
    first, second = pair
    trials: dict[tuple[str, str], dict[int, Trial]] = {}
    for each in counting_trials(results):
        trials.setdefault((each.place.scenario, each.place.stack), {})[each.place.block] = each
    duels = []
    for scenario in scenarios:
        one, other = (trials.get((scenario.name, name), {}) for name in (first, second))
        shared = sorted(set(one) & set(other))
        if shared:
            rows = _rows(pair, [(one[block], other[block]) for block in shared])
            duels.append(HeadToHead(scenario, first, second, len(shared), rows))
    return tuple(duels)


def alone(results: Iterable[Result], scenarios: Sequence[Scenario], stack: str) -> tuple[HeadToHead, ...]:
    """Return the figures of one stack without a second one, in every scenario that it was measured in."""
    trials = [each for each in counting_trials(results) if each.place.stack == stack]
    duels = []
    for scenario in scenarios:
        here = [trial for trial in trials if trial.place.scenario == scenario.name]
        if here:
            rows = tuple(HeadToHeadRow(each.name, each.unit, each.better, each.of_all(here), None) for each in _FIGURES)
            duels.append(HeadToHead(scenario, stack, "", len(here), rows))
    return tuple(duels)


def _rows(pair: Sequence[str], blocks: Sequence[tuple[Trial, Trial]]) -> tuple[HeadToHeadRow, ...]:
    compared = quiet_blocks(blocks)
    noisy = any(trial.state == "noisy" for both in compared for trial in both)
    one, other = ([both[side] for both in blocks] for side in (0, 1))
    logs = {figure.name: _logs(figure, compared) for figure in _FIGURES}
    tested = sum(each is not None for each in logs.values())
    rows = [replace(_row(figure, logs[figure.name], tested, pair, one, other), noisy=noisy) for figure in _FIGURES]
    success = next(row for row in rows if row.name == SUCCESS_RATE)
    return tuple(_decided_by(success, row) if row.name == FAILED and row.ratio is None else row for row in rows)


def _decided_by(success: HeadToHeadRow, failed: HeadToHeadRow) -> HeadToHeadRow:
    """Take the winner of the failures from the success rate: with no failures there is no ratio."""
    return replace(failed, winner=success.winner, tested=success.tested)


def _row(
    figure: _Figure,
    logs: Sequence[float] | None,
    tested: int,
    pair: Sequence[str],
    one: Sequence[Trial],
    other: Sequence[Trial],
) -> HeadToHeadRow:
    row = HeadToHeadRow(figure.name, figure.unit, figure.better, figure.of_all(one), figure.of_all(other))
    if logs is None or row.first is None or row.second is None:
        return row
    ratio, bounds = math.exp(statistics.fmean(logs)), interval(logs, comparisons=tested)
    if bounds is None:
        leader = pair[0] if ratio > WORTH_NAMING else pair[1] if ratio < 1 / WORTH_NAMING else TIE
        return replace(row, ratio=ratio, winner=leader)
    winner = pair[0] if bounds.low > 1 else pair[1] if bounds.high < 1 else TIE
    return replace(row, ratio=ratio, low=bounds.low, high=bounds.high, winner=winner, tested=True)


def _logs(figure: _Figure, blocks: Sequence[tuple[Trial, Trial]]) -> list[float] | None:
    """Return the log ratios block by block, above 0 where the first is better; None where a block has none."""
    sign = 1 if figure.better == "higher" else -1
    pairs = [(figure.of_one(mine), figure.of_one(theirs)) for mine, theirs in blocks]
    if any(not mine or not theirs for mine, theirs in pairs):
        return None
    return [sign * (math.log(mine) - math.log(theirs)) for mine, theirs in pairs if mine and theirs]


def together(trials: Sequence[Trial]) -> LatencySummary:
    """Return the latencies of several trials together."""
    return summarise(Histogram.sum(trial.measurement.latency for trial in trials))


def _counting(name: str, better: Better, count: Callable[[Measurement], int]) -> _Figure:
    return _Figure(
        name,
        "count",
        better,
        lambda trials: sum(count(trial.measurement) for trial in trials),
        lambda trial: count(trial.measurement),
    )


def _of_latency(name: str) -> _Figure:
    return _Figure(
        name,
        "ms",
        "lower",
        lambda trials: getattr(together(trials), name),
        lambda trial: _block_ms(trial.measurement.latency, name),
    )


def _block_ms(latency: Histogram, name: str) -> float | None:
    if latency.count < FEWEST_IN_BLOCK.get(name, 1):
        return None
    if name in FEWEST_IN_BLOCK:
        return latency.quantile_ns(float(name[1:]) / 100) / 1e6
    exact_ns = {"mean": latency.mean_ns, "min": latency.min_ns, "max": latency.max_ns}
    return exact_ns[name] / 1e6


def _share(trials: Sequence[Trial]) -> float | None:
    requests = sum(trial.measurement.requests for trial in trials)
    return sum(trial.measurement.succeeded for trial in trials) / requests if requests else None


def _rate(trials: Sequence[Trial]) -> float | None:
    duration_s = math.fsum(trial.measurement.duration_s for trial in trials)
    return sum(trial.measurement.completed for trial in trials) / duration_s if duration_s else None


def _gpu(trials: Sequence[Trial]) -> float | None:
    """Return the mean GPU utilisation as a share; None where a trial has none."""
    seen = [trial.gpu.utilisation_mean if trial.gpu else None for trial in trials]
    known = [each for each in seen if each is not None]
    return statistics.fmean(known) / 100 if known and len(known) == len(seen) else None


TOTAL, SUCCESSFUL, FAILED, SUCCESS_RATE = "total requests", "successful", "failed", "success rate"
QPS, GPU = "QPS", "GPU utilisation"
_FIGURES = (
    _counting(TOTAL, "higher", lambda measurement: measurement.requests),
    _counting(SUCCESSFUL, "higher", lambda measurement: measurement.succeeded),
    _counting(FAILED, "lower", lambda measurement: measurement.failed),
    _Figure(SUCCESS_RATE, "share", "higher", _share, lambda t: _share([t])),
    _Figure(QPS, "rate", "higher", _rate, lambda t: t.rate_rps),
    *(_of_latency(name) for name in ("p50", "p95", "p99", "mean", "min", "max")),
    _Figure(GPU, "share", "higher", _gpu, lambda t: _gpu([t])),
)
