"""The order of a screening, and what it leaves for the report."""

from __future__ import annotations

import msgspec

from stackduel.analysis.tune_screening import ranked, screened
from stackduel.model.trial import Failure, Place
from stackduel.model.tune_settings import CURRENT, round_name
from tests.stackduel.tuned import GEVENT, GTHREAD, SETTINGS, SYNC, screening, tuning

STACKS = (SYNC.stack, GTHREAD.stack, GEVENT.stack)
ROUND = screening({CURRENT: 100, SYNC.stack: 200, GTHREAD.stack: 400, GEVENT.stack: 300})


def test_the_highest_rate_comes_first() -> None:
    """The current command is measured in the round, and is no candidate."""
    assert ranked(tuning(ROUND), SETTINGS, 1, STACKS) == (GTHREAD.stack, GEVENT.stack, SYNC.stack)


def test_what_failed_a_request_or_was_not_measured_is_out() -> None:
    """Neither goes into another round."""
    results = [*screening({CURRENT: 100, SYNC.stack: 200}), *screening({GTHREAD.stack: 400}, failed=1)]
    made = tuning([*results, Failure(Place(GEVENT.stack, round_name("tune", 1), 1), "did not start\nits log")])
    assert ranked(made, SETTINGS, 1, STACKS) == (SYNC.stack,)
    reasons = {each.stack: each.reason for each in screened(made, SETTINGS)}
    assert reasons[SYNC.stack] is None
    assert reasons[GTHREAD.stack] == "1 of 401 requests failed, mostly status"
    assert reasons[GEVENT.stack] == "did not start"


def test_least_memory_is_sought_among_those_that_serve_as_much() -> None:
    """All took as much memory, so what serves less than the current command comes last."""
    made = tuning(screening({CURRENT: 300, SYNC.stack: 100, GTHREAD.stack: 400, GEVENT.stack: 299}))
    settings = msgspec.structs.replace(SETTINGS, objective="memory")
    assert ranked(made, settings, 1, STACKS)[-1] == SYNC.stack


def test_the_last_round_of_each_candidate_is_shown() -> None:
    """Those that were not screened are not in the curve."""
    made = tuning([*screening({CURRENT: 1, SYNC.stack: 200, GTHREAD.stack: 400}), *screening({GTHREAD.stack: 410}, 2)])
    assert [(each.stack, each.round, each.rate_rps) for each in screened(made, SETTINGS)] == [
        (SYNC.stack, 1, 100.0),
        (GTHREAD.stack, 2, 205.0),
    ]
