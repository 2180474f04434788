"""The universal scalability law, fitted to throughputs that were measured in blocks."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stackduel.analysis.statistics.distributions import f_tail, student_quantile
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.comparison import CONFIDENCE
from stackduel.model.search_results.scaling import FEWEST_POINTS, LawParameter, ScalabilityLaw

# A contention of 1 is a queue before one server. So much coherency halves the throughput on two cores.
MOST = 1.0
# Far below any figure that can be told from 0.
EXACT = 1e-9
# A fitted parameter below this is at its bound of 0.
SMALLEST = 1e-6

# How the sum of squares depends on two parameters, of which the first is held.
SumOfSquares = Callable[[float, float], float]


def fit_law(blocks: Sequence[Mapping[int, float]], confidence: float = CONFIDENCE) -> ScalabilityLaw | None:
    """Return the law that fits best, from the rate by number of cores in each block.

    None below ``FEWEST_POINTS`` numbers of cores, or if fewer than ``FEWEST_BLOCKS`` blocks have them all.

    N. J. Gunther, Guerrilla Capacity Planning, 2007, chapter 4: ``N / (1 + a (N - 1) + b N (N - 1))``. The logarithms
    of the rates are fitted by least squares under ``a >= 0`` and ``b >= 0``, each block with a rate of its own on one
    core, so that what a block does to all of its trials alike cancels out; equal errors of the logarithms weigh every
    point by its own size. An interval holds the values of a parameter at which the sum of squares, at its least over
    the other, is not larger than the least one by more than Student's t allows (the profile; D. M. Bates and D. G.
    Watts, Nonlinear Regression Analysis and Its Applications, 1988, section 6.1): it needs no symmetry, and at the
    bound of 0 it only gets wider. Resampling five blocks would give intervals that are too short.
    """
    counts = tuple(sorted({cores for block in blocks for cores in block}))
    whole = [block for block in blocks if len(block) == len(counts)]
    if len(counts) < FEWEST_POINTS or len(whole) < FEWEST_BLOCKS:
        return None
    fit = _Fit.of(counts, whole)
    contention, coherency = fit.best()
    # Of the peak sqrt((1 - a) / b) in place of b: its inverse square is 0 where there is none.
    inverse = min(MOST, coherency / (1 - contention)) if contention < 1 else 0.0
    flat = fit.interval(inverse, lambda held, free: fit.squares(free, (1 - free) * held), confidence)
    peak = None
    if flat.is_shown:
        peak = LawParameter(inverse**-0.5, (flat.high or MOST) ** -0.5, flat.low**-0.5)
    return ScalabilityLaw(
        rate_rps=fit.rate_rps(contention, coherency),
        contention=fit.interval(contention, fit.squares, confidence),
        coherency=fit.interval(coherency, lambda held, free: fit.squares(free, held), confidence),
        peak_cores=peak,
        misfit_p=fit.misfit_p(contention, coherency),
        confidence=confidence,
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    """The rates of so many blocks: the mean logarithm for each core by number of cores, and what is left within blocks.

    ``within`` is the sum of the squares that no law can explain: of what differs from block to block.
    """

    counts: tuple[int, ...]
    blocks: int
    means: tuple[float, ...]
    within: float

    @classmethod
    def of(cls, counts: tuple[int, ...], blocks: Sequence[Mapping[int, float]]) -> _Fit:
        logs = [[math.log(block[cores] / cores) for cores in counts] for block in blocks]
        means = tuple(statistics.fmean(column) for column in zip(*logs, strict=True))
        left = [[value - mean for value, mean in zip(row, means, strict=True)] for row in logs]
        return cls(counts, len(blocks), means, sum(map(_around_mean, left)))

    @property
    def freedom(self) -> int:
        """The degrees of freedom: the rates, less one for each block and two for the parameters."""
        return self.blocks * (len(self.counts) - 1) - 2

    def squares(self, contention: float, coherency: float) -> float:
        """Return the sum of the squared residuals within the blocks."""
        return self.within + self.blocks * _around_mean(self._residuals(contention, coherency))

    def _residuals(self, contention: float, coherency: float) -> list[float]:
        return [
            mean + math.log1p((cores - 1) * (contention + coherency * cores))
            for cores, mean in zip(self.counts, self.means, strict=True)
        ]

    def best(self) -> tuple[float, float]:
        """Return the contention and the coherency with the least sum of squares."""
        contention = _least(lambda held: _over_second(self.squares, held)[1])[0]
        return contention, _over_second(self.squares, contention)[0]

    def rate_rps(self, contention: float, coherency: float) -> float:
        """Return the rate on one core: the geometric mean over the blocks."""
        return math.exp(statistics.fmean(self._residuals(contention, coherency)))

    def interval(self, value: float, squares: SumOfSquares, confidence: float) -> LawParameter:
        """Return the interval of the parameter that ``squares`` holds, whose best value is ``value``."""
        from scipy.optimize import brentq  # noqa: PLC0415 - only a law that is fitted takes it

        least = _over_second(squares, value)[1]
        t = student_quantile(self.freedom, (1 - confidence) / 2)
        allowed = least * (1 + t**2 / self.freedom)

        def beyond(held: float) -> float:
            return _over_second(squares, held)[1] - allowed

        if least <= EXACT**2:
            return LawParameter(value, value, value)
        low = 0.0 if beyond(0.0) <= 0 else brentq(beyond, 0.0, value, xtol=EXACT)
        high = MOST if beyond(MOST) <= 0 else brentq(beyond, value, MOST, xtol=EXACT)
        return LawParameter(value, float(low), float(high))

    def misfit_p(self, contention: float, coherency: float) -> float:
        """Return how likely points that follow the law lie so far off it: the F test of the lack of fit.

        A parameter at its bound of 0 was not fitted, and takes no degree of freedom.
        """
        off = len(self.counts) - 1 - sum(each > SMALLEST for each in (contention, coherency))
        inner = (self.blocks - 1) * (len(self.counts) - 1)
        if self.within <= EXACT**2:
            return 1.0
        ratio = (self.squares(contention, coherency) - self.within) / off / (self.within / inner)
        return f_tail(off, inner, ratio)


def _around_mean(values: Sequence[float]) -> float:
    """Return the sum of the squares around the mean."""
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)


def _over_second(squares: SumOfSquares, held: float) -> tuple[float, float]:
    """Return where the sum of squares is least over the second parameter, and that least sum."""
    return _least(lambda free: squares(held, free))


def _least(function: Callable[[float], float]) -> tuple[float, float]:
    """Return where a function of a parameter from 0 to MOST is least, and its value there; the bounds are looked at."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - only a law that is fitted takes it

    found = minimize_scalar(function, bounds=(0.0, MOST), method="bounded", options={"xatol": EXACT})
    ends = ((end, function(end)) for end in (0.0, MOST))
    return min((*ends, (float(found.x), float(found.fun))), key=lambda pair: pair[1])
