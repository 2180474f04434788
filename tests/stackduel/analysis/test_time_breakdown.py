"""The parts of a request's time, and the sentence on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stackduel.analysis.time_breakdown import Breakdown, breakdowns
from stackduel.model.histogram import Histogram
from stackduel.model.isolated import IsolatedMeasurement
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.model.trial import Inside, Trial
from tests.stackduel.makers import WAITING, measurement, trial

ASKING = Scenario("asking", (Workload("/infer/tiny", "POST", model="tiny"),), ClosedLoop(20, requests=200, rated=True))


def constant(ms: float, count: int = 500) -> Histogram:
    return Histogram.of(np.full(count, ms * 1e6, dtype=np.int64))


def spanned(latency_ms: float = 50.0, **spans_ms: float) -> Trial:
    """A trial of 500 requests, all alike, whose answers report these spans."""
    found = measurement([latency_ms] * 500)
    spans = {name: constant(ms) for name, ms in spans_ms.items()} or None
    made = trial("fast", 1, scenario="asking")
    return replace(made, measurement=replace(found, spans=spans, in_flight_mean=20.0))


def alone(rate_rps: float, infer_ms: float) -> IsolatedMeasurement:
    return IsolatedMeasurement("tiny", 1, 2, 500, 1.0, rate_rps, constant(infer_ms))


def broken_down(
    made: Trial, *isolated: IsolatedMeasurement, batch_size: int | None = None, scenario: Scenario = ASKING
) -> Breakdown:
    (found,) = breakdowns([made], [scenario], isolated, {"fast": batch_size})
    return found


WHOLE = {"total": 20.0, "outside": 30.0, "app": 1.0, "pre": 0.5, "queue": 8.0, "infer": 10.0, "post": 0.5}


def test_the_means_add_up_to_end_to_end() -> None:
    """Outside of the service and its parts; the whole of the service is none of them."""
    found = broken_down(spanned(**WHOLE))
    assert [part.name for part in found.parts] == ["outside", "queue", "app", "pre", "infer", "post"]
    assert sum(part.mean_ms for part in found.parts) == pytest.approx(found.end_to_end.mean_ms)
    assert found.end_to_end.p99_ms == pytest.approx(50, rel=0.002)
    infer = found.part("infer")
    assert infer is not None
    assert infer.p99_ms == pytest.approx(10, rel=0.002)
    assert found.part("io") is None
    assert found.source == "Server-Timing"


def test_the_sentence_names_the_model_s_part_and_the_largest_other() -> None:
    """The sentence says where the time goes instead of calling it overhead."""
    assert broken_down(spanned(**WHOLE)).sentence == (
        "Of 50.0 ms on average, the model takes 10.0 ms (20 %); most of the rest, 30.0 ms, is waiting for the handler "
        "to start, sending and reading (outside)."
    )
    queued = {**WHOLE, "outside": 14.0, "queue": 24.0}
    assert "most of the rest, 24.0 ms, is waiting in the service's own queue for the model (queue)." in (
        broken_down(spanned(**queued)).sentence
    )
    scattered = {**WHOLE, "outside": 14.0, "queue": 12.0, "app": 13.0}
    assert "the largest other part, 14.0 ms, is" in broken_down(spanned(**scattered)).sentence


def test_littles_law_gives_the_time_that_no_server_can_save() -> None:
    """20 requests at once of a model that does 500 a second take 40 ms anywhere: 10 of the 50 are the stack's own."""
    sentence = broken_down(spanned(**WHOLE), alone(500.0, 4.0)).sentence
    assert (
        "Alone the model answers 500 requests a second, so 20 requests at once take 40.0 ms on any server on these "
        "cores, in any language; this stack adds 10.0 ms (20 %)."
    ) in sentence
    assert sentence.endswith("A run of the model takes 2.5 times as long under this load as alone (4.0 ms).")


def test_one_client_waits_for_nobody() -> None:
    """Where there are no more requests than threads, the law has nothing to say of waiting."""
    single = replace(ASKING, load=ClosedLoop(2, duration_s=2.0))
    assert "Alone the model answers" not in broken_down(spanned(**WHOLE), alone(500.0, 9.0), scenario=single).sentence


def test_the_sentence_says_how_many_requests_share_a_run() -> None:
    """Its time is that of the whole batch."""
    sentence = broken_down(spanned(**WHOLE), alone(500.0, 4.0), batch_size=8).sentence
    assert sentence.endswith("as alone (4.0 ms); up to 8 requests share it.")


def test_a_model_that_is_as_fast_as_alone_needs_no_word() -> None:
    """Nor is another model's ceiling this one's."""
    assert "as long under this load" not in broken_down(spanned(**WHOLE), alone(500.0, 9.0)).sentence
    other = replace(alone(500.0, 4.0), model="other")
    assert "Alone" not in broken_down(spanned(**WHOLE), other).sentence


def test_a_triton_reports_its_own_statistics() -> None:
    """Means alone; what of the end-to-end time it does not count lies outside."""
    counted = replace(spanned(), inside=Inside(500, 4.0, {"queue": 20.0, "pre": 1.0, "infer": 16.0, "post": 1.0}))
    found = broken_down(counted)
    assert found.source == "Triton's statistics"
    outside = found.part("outside")
    assert outside is not None
    assert outside.mean_ms == pytest.approx(12, rel=0.002)
    assert [part.p99_ms for part in found.parts] == [None] * 5
    assert "most of the rest, 20.0 ms, is waiting in the service's own queue" in found.sentence


def test_blocks_of_a_triton_weigh_by_their_requests() -> None:
    """300 requests at 10 ms and 100 at 30 ms are 15 ms in the mean."""
    one = replace(spanned(), inside=Inside(300, 1.0, {"infer": 10.0}))
    other = replace(one, place=replace(one.place, block=2), inside=Inside(100, 1.0, {"infer": 30.0}))
    (found,) = breakdowns([one, other], [ASKING], (), {"fast": None})
    infer = found.part("infer")
    assert infer is not None
    assert infer.mean_ms == pytest.approx(15.0)


def test_a_stack_without_reported_times_has_no_breakdown() -> None:
    """Neither a stack without the header nor a scenario that did not ask for it."""
    assert breakdowns([spanned()], [ASKING], (), {"fast": None}) == ()
    assert breakdowns([trial("slow", 9)], [WAITING], (), {"slow": None}) == ()


def test_in_a_mix_a_part_counts_by_how_many_answers_have_it() -> None:
    """100 of 500 answers with an inference of 10 ms are 2 ms in the mean, so that the means still add up."""
    made = spanned(10.0, total=6.0, outside=4.0, app=4.0)
    spans = {**(made.measurement.spans or {}), "infer": constant(10.0, 100)}
    infer = broken_down(replace(made, measurement=replace(made.measurement, spans=spans))).part("infer")
    assert infer is not None
    assert infer.mean_ms == pytest.approx(2.0)
