"""How a tuning spends its time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.search.tune_schedule import AROUND_S, CONFIRMING_WAITS, SCREENING_WAITS, halved, schedule


def test_four_minutes_confirm_several_candidates_after_a_screening_of_the_field() -> None:
    """The usual budget on an ordinary machine."""
    made = schedule(30, 230, launch_s=1.2, request_s=0.005)
    assert made.finalists >= 3
    assert made.rounds[0] >= 3 * made.finalists
    assert made.seconds <= 230


def test_windows_hold_enough_waits() -> None:
    """Five requests a second are not counted in half a second."""
    slow, quick = schedule(30, 600, 1.2, request_s=0.3), schedule(30, 600, 1.2, request_s=0.001)
    assert slow.screening_s >= 0.7 * SCREENING_WAITS * 0.3
    assert slow.confirming_s >= 0.7 * CONFIRMING_WAITS * 0.3
    assert quick.screening_s < slow.screening_s
    assert quick.window_s(2) == 2 * quick.window_s(1)


@given(st.integers(1, 60), st.floats(0, 3600), st.floats(0.2, 20), st.floats(0, 30))
def test_any_schedule_is_possible(candidates: int, left_s: float, launch_s: float, request_s: float) -> None:
    """Rounds shrink, no one is confirmed that was not screened, and what is planned within the time fits into it."""
    made = schedule(candidates, left_s, launch_s, request_s)
    assert 1 <= made.finalists <= min(made.rounds) <= max(made.rounds) <= candidates
    assert list(made.rounds) == sorted(made.rounds, reverse=True)
    smallest = 3 * 5 * (launch_s + AROUND_S)
    assert made.seconds <= max(left_s, made.seconds)
    assert made.seconds > smallest


def test_more_time_never_screens_fewer() -> None:
    """Nor does it confirm fewer."""
    made = [schedule(30, left_s, 1.2, 0.05) for left_s in range(60, 900, 30)]
    assert [each.finalists for each in made] == sorted(each.finalists for each in made)


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        pytest.param(1, ("a1",), id="one"),
        pytest.param(2, ("a1", "a2"), id="two-of-one-kind"),
        pytest.param(3, ("a1", "a2", "b1"), id="a-second-kind"),
        pytest.param(5, ("a1", "a2", "a3", "b1", "c1"), id="three-kinds"),
        pytest.param(9, ("a1", "a2", "a3", "a4", "b1", "c1"), id="all"),
    ],
)
def test_the_leaders_of_other_kinds_stay_in_the_field(size: int, kept: tuple[str, ...]) -> None:
    """A field of one kind would confirm the same choice several times."""
    assert halved(("a1", "a2", "a3", "a4", "b1", "c1"), size, lambda name: name[0]) == kept
