"""How a tuning spends its time: windows that hold enough waits, rounds that halve the field, blocks that confirm.

Successive halving (K. Jamieson and A. Talwalkar, Non-stochastic best arm identification and hyperparameter
optimization, AISTATS 2016): all candidates get a short window, the better half a window of twice the length, and what
is left goes into interleaved blocks, as only these give intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS

MOST_FINALISTS = 5
# How long a request is taken to be before the first one was measured.
SUPPOSED_REQUEST_S = 0.05
# A window holds so many waits: with fewer, one round more or less within its edges would decide the rate.
SCREENING_WAITS, CONFIRMING_WAITS = 5, 10
SCREENING_S, CONFIRMING_S = (0.75, 5.0), (1.5, 10.0)
WARMUP_S = (0.3, 3.0)
# Verifying the answers, ending the load and the server.
AROUND_S = 1.0
# The field that every confirmation leaves time for: fewer would be a guess.
FEWEST_SCREENED = 6


@dataclass(frozen=True, slots=True)
class TuneSchedule:
    """The candidates in each round of the screening, those in the confirmation, and the seconds of their windows.

    ``seconds`` is how long all of it takes, ``confirmation_s`` how long the confirmation alone.
    """

    rounds: tuple[int, ...]
    finalists: int
    warmup_s: float
    screening_s: float
    confirming_s: float
    confirmation_s: float
    seconds: float

    def window_s(self, number: int) -> float:
        """Return the seconds of a window in a round, counted from 1."""
        return self.screening_s * 2.0 ** (number - 1)


def schedule(candidates: int, left_s: float, launch_s: float, request_s: float) -> TuneSchedule:
    """Return the schedule that the time holds: as many finalists as it can confirm after a screening of the field.

    ``launch_s`` is how long a start takes, ``request_s`` how long one request by itself. If not even the smallest
    schedule fits, it is returned, and its ``seconds`` say what it takes.
    """
    fewest = min(candidates, FEWEST_SCREENED)
    made = None
    for finalists in range(min(MOST_FINALISTS, candidates), 0, -1):
        for shorter in (1.0, 0.7):
            made = _made(candidates, finalists, left_s, launch_s, request_s, shorter)
            if made.seconds <= left_s and made.rounds[0] >= min(candidates, max(fewest, 3 * finalists)):
                return made
    if made is None:
        raise ValueError("a tuning without a candidate")
    return made


def halved(ranked: Sequence[str], size: int, kind_of: Callable[[str], object]) -> tuple[str, ...]:
    """Return the first ``size`` of a ranking, in its order; the leaders of three kinds stay, if there are as many.

    A short window may mistake two sizes of one server for each other, so that a field of one kind alone would confirm
    the same choice several times.
    """
    leaders = list({kind_of(each): each for each in reversed(ranked)}.values())
    kept = set(sorted(leaders, key=ranked.index)[: min(3, (size + 1) // 2)])
    kept.update([each for each in ranked if each not in kept][: size - len(kept)])
    return tuple(each for each in ranked if each in kept)


def _made(
    candidates: int, finalists: int, left_s: float, launch_s: float, request_s: float, shorter: float
) -> TuneSchedule:
    warmup_s = _within(2 * request_s, WARMUP_S)
    screening_s = shorter * _within(SCREENING_WAITS * request_s, SCREENING_S)
    confirming_s = shorter * _within(CONFIRMING_WAITS * request_s, CONFIRMING_S)
    around_s = launch_s + warmup_s + AROUND_S
    # The current command and its twin stand in every block.
    confirmation_s = (finalists + 2) * FEWEST_BLOCKS * (around_s + confirming_s)
    first_s, second_s = around_s + screening_s, around_s + 2 * screening_s
    # The second round has half of the first.
    first = int((left_s - confirmation_s - first_s) / (first_s + second_s / 2))
    first = max(finalists, min(candidates, first), min(candidates, FEWEST_SCREENED))
    second = max(finalists, (first + 1) // 2)
    rounds = (first, second) if finalists < second < first else (first,)
    # The current command is in the first round, too.
    spent_s = (rounds[0] + 1) * first_s + sum(rounds[1:]) * second_s
    whole_s = spent_s + confirmation_s
    return TuneSchedule(rounds, finalists, warmup_s, screening_s, confirming_s, confirmation_s, whole_s)


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])
