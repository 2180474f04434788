"""Quantiles and tails beside scipy's own distributions, and what importing them costs a command."""

from __future__ import annotations

import subprocess
import sys

import pytest
from scipy import stats

from stackduel.analysis.statistics.distributions import chi_squared_quantile, f_tail, student_quantile

RISKS = (0.4, 0.05, 0.005, 1e-12)


@pytest.mark.parametrize("risk", RISKS)
def test_quantiles_and_tails_are_those_of_scipy(risk: float) -> None:
    """Also of a small risk and of degrees of freedom that are no whole number."""
    assert student_quantile(4.5, risk) == pytest.approx(stats.t.isf(risk, 4.5))
    assert chi_squared_quantile(9, risk) == pytest.approx(stats.chi2.isf(risk, 9))
    assert f_tail(3, 12, stats.f.isf(risk, 3, 12)) == pytest.approx(risk)


def test_a_ratio_below_zero_counts_as_zero() -> None:
    """A sum of squares that rounding made negative leaves everything to chance."""
    assert f_tail(3, 12, -1e-12) == 1.0


def test_a_command_that_computes_no_interval_imports_no_scipy() -> None:
    """It would take a third of the time of every start."""
    program = "import sys, stackduel.cli.run; print([name for name in sys.modules if name.startswith('scipy')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
