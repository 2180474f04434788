"""State that threads share unsafely: claimed where every command on threads answers wrongly, and no other does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from stackduel.analysis.all_failed import all_failed_text
from stackduel.analysis.tune_shared_state import shared_state_text
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Failure, Result, Trial
from stackduel.model.tune_settings import CURRENT
from tests.stackduel.tuned import FEWER, GEVENT, GTHREAD, SETTINGS, SYNC, screening, tuning, windows


def window(stack: str) -> Trial:
    """A window of the screening in which every answer was right."""
    (made,) = screening({stack: 600})
    assert isinstance(made, Trial)
    return made


def wrong(stack: str, outcome: str = "wrong-body") -> Trial:
    """A window of the screening in which 40 of 50 requests ended so."""
    made = window(stack)
    return replace(
        made, measurement=replace(made.measurement, succeeded=10, failed=40, outcomes={"ok": 10, outcome: 40})
    )


def all_wrong(stack: str) -> Failure:
    """A window of the screening in which every request was answered wrongly."""
    made = wrong(stack)
    none_right = replace(made.measurement, succeeded=0, outcomes={"wrong-body": 40})
    return Failure(made.place, all_failed_text(replace(made, measurement=none_right), ClosedLoop(16, requests=40)))


RIGHT = (*windows(CURRENT, 600), window(SYNC.stack))


def text(*results: Result) -> str | None:
    """The sentence on these results beside those of the commands that serve one request a process."""
    return shared_state_text(tuning([*RIGHT, *results]), SETTINGS)


def test_wrong_answers_on_threads_alone_show_shared_state() -> None:
    """Whether some answers were wrong or all of them."""
    found = text(wrong(FEWER.stack), all_wrong(GTHREAD.stack), wrong(GEVENT.stack, "wrong-length"))
    assert found == (
        "Under load the answers are wrong on all 3 candidates that serve several requests at once in a process, and "
        "not on the one that serves one: the application keeps state that its threads share, and that is not safe to "
        "share."
    )


@pytest.mark.parametrize(
    "results",
    [
        pytest.param([], id="nothing on threads was measured"),
        pytest.param([wrong(FEWER.stack), window(GTHREAD.stack)], id="some threads answer rightly"),
        pytest.param([wrong(FEWER.stack, "timeout")], id="no answer"),
        pytest.param([wrong(FEWER.stack), wrong(SYNC.stack)], id="one request a process, and wrong"),
        pytest.param([wrong(FEWER.stack), wrong(SYNC.stack, "timeout")], id="the load"),
        pytest.param([Failure(wrong(FEWER.stack).place, "did not start")], id="did not start"),
    ],
)
def test_nothing_is_claimed_where_it_is_not_shown(results: Sequence[Result]) -> None:
    """Never by guess."""
    assert text(*results) is None
