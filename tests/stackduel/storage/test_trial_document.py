"""Trials as parts of documents: what was not measured stays unknown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Measurement, Victim, Warmup
from stackduel.model.trial import Place, Trial
from stackduel.storage.trial_document import result_from_dict, result_to_dict
from tests.stackduel.storage.whole import EVERYTHING, whole


@pytest.mark.parametrize(
    "lacking",
    [
        replace(
            EVERYTHING, service=None, lateness=None, first_byte=None, spans=None, victim=None, scheduled=None, calls=()
        ),
        replace(EVERYTHING, spans={}),
        replace(EVERYTHING, streams=None),
        replace(EVERYTHING, succeeded=0, outcomes={"timeout": 9}, latency=Histogram.empty()),
        replace(EVERYTHING, victim=Victim("GET /health", 3, 3, Histogram.empty()), warmup=Warmup(0, 0.0)),
        replace(EVERYTHING, service=Histogram.empty(), timeline=(), generator=replace(EVERYTHING.generator, cores=())),
    ],
)
def test_what_was_not_measured_stays_unknown(lacking: Measurement) -> None:
    """None is not an empty histogram, and an empty one not None."""
    made = Trial(Place("slow", "mixed", 1), "time", lacking, None)
    assert result_from_dict(json.loads(json.dumps(result_to_dict(made)))) == made


def test_an_open_loop_shows_its_own_figures() -> None:
    """Service, lateness, first byte and the victim stand as summaries beside the latency; calls have one each."""
    shown = result_to_dict(whole().results[0])
    assert shown["service_ms"]["max"] == pytest.approx(90.9)
    assert shown["lateness_ms"]["max"] == pytest.approx(0.25)
    assert shown["first_byte_ms"]["min"] == pytest.approx(3)
    assert shown["victim_ms"]["max"] == pytest.approx(900)
    assert (shown["victim"]["label"], shown["victim"]["requests"], shown["victim"]["failed"]) == ("GET /health", 20, 1)
    assert [(call["label"], call["requests"], call["failed"]) for call in shown["calls"]] == [
        ("GET /a", 5, 1),
        ("POST /b", 4, 4),
    ]
    assert shown["calls"][1]["latency_ms"]["mean"] is None
    assert shown["rate_rps"] == 2.0, "what completed rightly within the window, not all that was answered"


@given(st.lists(st.integers(0, 3_600_000_000_000), min_size=1, max_size=200))
def test_sums_and_extremes_are_exact_after_the_journey(latencies_ns: Sequence[int]) -> None:
    """The interchange format lacks them, and the summary's milliseconds give them back to the nanosecond."""
    latency = Histogram.of(np.array(latencies_ns, dtype=np.int64))
    made = Trial(Place("slow", "waiting", 1), "rate", replace(EVERYTHING, latency=latency), None)
    again = result_from_dict(json.loads(json.dumps(result_to_dict(made))))
    assert isinstance(again, Trial)
    assert again.measurement.latency == latency
