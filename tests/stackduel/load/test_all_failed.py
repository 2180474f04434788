"""The rule by which a window is ended early."""

from __future__ import annotations

from stackduel.load.all_failed import LEAST_REQUESTS, LEAST_S, AllFailed


def test_only_failures_for_a_while_are_in_vain() -> None:
    """So many requests, and so many seconds from the first failure on, not from the opening."""
    rule = AllFailed()
    assert not rule.holds(0, 0, 30.0)
    assert not rule.holds(LEAST_REQUESTS, 0, 30.5)
    assert not rule.holds(LEAST_REQUESTS, 0, 30.4 + LEAST_S)
    assert rule.holds(LEAST_REQUESTS, 0, 30.5 + LEAST_S)


def test_a_few_failures_are_not_enough() -> None:
    """A slow server has to fail as often as a fast one."""
    rule = AllFailed()
    assert not any(rule.holds(LEAST_REQUESTS - 1, 0, float(elapsed_s)) for elapsed_s in range(60))


def test_one_right_answer_is_a_reason_to_go_on() -> None:
    """Its share of failures is a result, however high."""
    rule = AllFailed()
    assert not any(rule.holds(1_000_000, 1, float(elapsed_s)) for elapsed_s in range(60))
