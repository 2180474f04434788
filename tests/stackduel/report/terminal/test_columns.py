"""Tables that fit."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stackduel.report.terminal.columns import lay_out

HEADINGS = ("stack", "rate", "p99", "verdict")
ROWS = (("flask", "1,234", "12.0", "-"), ("fastapi-uvicorn", "99.1", "8.50", "inconclusive (noisy)"))
WORDS = {"stack", "verdict"}


def test_words_stand_on_the_left_and_figures_on_the_right() -> None:
    """No line ends in spaces."""
    laid = lay_out(HEADINGS, ROWS, 80, words=WORDS, least_needed=("p99",))
    assert laid.headings == "stack             rate   p99  verdict"
    assert laid.rows == (
        ("flask            1,234  12.0  -",),
        ("fastapi-uvicorn   99.1  8.50  inconclusive (noisy)",),
    )
    assert (laid.left_out, laid.width) == ((), 50)


@pytest.mark.parametrize(
    ("width", "left_out"), [(50, ()), (49, ("p99",)), (44, ("p99",)), (43, ("p99", "rate")), (5, ("p99", "rate"))]
)
def test_what_is_needed_least_goes_first(width: int, left_out: Sequence[str]) -> None:
    """In the order of the caller, no more of it than need be, and what is to stay stays."""
    assert lay_out(HEADINGS, ROWS, width, words=WORDS, least_needed=("absent", "p99", "rate")).left_out == left_out


def test_words_are_broken_where_there_is_nothing_else_to_be_done() -> None:
    """Between two of them, never within one, and figures and names never."""
    laid = lay_out(HEADINGS, ROWS, 10, words=WORDS)
    assert laid.rows[1] == (
        "fastapi-uvicorn   99.1  8.50  inconclusive",
        "                              (noisy)",
    )
