"""The sentence on a trial of which every request failed."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.all_failed import all_failed_text
from stackduel.model.suite import ClosedLoop
from tests.stackduel.makers import trial


def test_a_worker_timeout_is_named_as_the_cause() -> None:
    """Where Gunicorn killed workers meanwhile, the outcome alone would say nothing of why."""
    made = trial("slow", 4, failed=4)
    load = ClosedLoop(1, duration_s=made.measurement.duration_s)
    killed = all_failed_text(replace(made, worker_timeouts=1), load)
    assert "Gunicorn killed 1 worker that gave no sign of life for its --timeout (WORKER TIMEOUT in its log)" in killed
    for none in (0, None):
        assert "Gunicorn" not in all_failed_text(replace(made, worker_timeouts=none), load)
