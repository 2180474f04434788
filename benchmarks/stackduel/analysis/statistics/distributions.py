"""The distributions that intervals and tests take: Student's t, Fisher's F and chi-squared.

scipy is imported by the first value that is asked for: importing it takes longer than everything else that a command
imports, and most commands compute no interval.
"""

from __future__ import annotations


def student_quantile(freedom: float, risk: float) -> float:
    """Return the value that Student's t with so many degrees of freedom exceeds with probability ``risk``.

    It is computed as a lower quantile: ``1 - risk`` would lose the digits of a small risk.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - see above

    return -float(stdtrit(float(freedom), risk))


def chi_squared_quantile(freedom: int, risk: float) -> float:
    """Return the value that chi-squared with so many degrees of freedom exceeds with probability ``risk``."""
    from scipy.special import chdtri  # noqa: PLC0415 - see above

    return float(chdtri(freedom, risk))


def f_tail(above: int, below: int, ratio: float) -> float:
    """Return how likely F, with ``above`` and ``below`` degrees of freedom, exceeds ``ratio``; below 0 counts as 0."""
    from scipy.special import fdtrc  # noqa: PLC0415 - see above

    return float(fdtrc(above, below, max(ratio, 0.0)))
