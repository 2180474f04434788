"""A scenario's load in words."""

from __future__ import annotations

import pytest

from stackduel.model.suite import ClosedLoop, Load, OpenLoop
from stackduel.report.sections.loads import load_text


@pytest.mark.parametrize(
    ("load", "text"),
    [
        (ClosedLoop(50, duration_s=0.8), "50 connections for 0.8 s"),
        (ClosedLoop(1, requests=3), "1 connection, 3 requests a block"),
        (OpenLoop(1, 5.0), "1 request a second for 5 s, constant"),
        (OpenLoop(2.5, 5.0, "poisson"), "2.5 requests a second for 5 s, poisson"),
    ],
)
def test_a_load_has_few_words(load: Load, text: str) -> None:
    """How much, and for how long."""
    assert load_text(load) == text
