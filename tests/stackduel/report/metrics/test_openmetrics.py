"""Trials as samples, and samples as a file."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.trial import Failure, Place
from stackduel.report.metrics.openmetrics import openmetrics
from stackduel.report.metrics.trial_samples import METRICS, MetricSample, samples_of
from tests.stackduel.makers import run, trial

ENDED_S = 1_700_000_000.25


def test_a_trial_is_a_sample_of_every_metric() -> None:
    """Each metric has the trial's own number in base units, at the moment at which it ended."""
    measured = trial("new", 200, block=3)
    samples = samples_of(run([measured]), measured, ENDED_S)
    assert {each.name for each in samples} == set(METRICS)
    assert {each.at_s for each in samples} == {ENDED_S}
    assert len({tuple(each.labels.items()) for each in samples}) == 4  # three quantiles, and all others
    found = {(each.name.removeprefix("stackduel_trial_"), each.labels.get("quantile")): each for each in samples}
    assert found["end_timestamp_seconds", None].value == ENDED_S
    assert found["rate_rps", None].value == measured.rate_rps
    assert found["requests", None].value == measured.measurement.requests
    assert measured.cost
    assert found["memory_peak_bytes", None].value == measured.cost.memory_peak_mib * 1024 * 1024
    assert found["latency_seconds", "0.99"].value == measured.measurement.latency.quantile_ns(0.99) / 1e9
    labels = found["rate_rps", None].labels
    assert (labels["stack"], labels["block"], labels["attempt"], labels["state"]) == ("new", "3", "1", "ok")


def test_a_failure_is_only_a_moment() -> None:
    """A trial that did not measure has a time and a state, and no number that could be taken for a measured zero."""
    failure = Failure(Place("new", "x", 1), "it did not start")
    (sample,) = samples_of(run([]), failure, ENDED_S)
    assert (sample.name, sample.labels["state"]) == ("stackduel_trial_end_timestamp_seconds", "failed")


def test_without_observed_use_there_is_none() -> None:
    """A stack that runs elsewhere has no CPU time and no memory."""
    measured = replace(trial("new", 200), cost=None)
    names = {each.name for each in samples_of(run([measured]), measured, ENDED_S)}
    assert not names & {"stackduel_trial_cpu_seconds", "stackduel_trial_memory_peak_bytes"}


def test_no_secret_is_in_a_label() -> None:
    """A text of the user's that no document may show does not leave by this way either."""
    failure = Failure(Place("tok3n-of-m1ne-12345", "x", 1), "no")
    secretive = replace(run([]), secrets=("tok3n-of-m1ne-12345",))
    (sample,) = samples_of(secretive, failure, ENDED_S)
    assert sample.labels["stack"] == "[redacted]"


def test_the_file_holds_each_metric_once_with_its_samples() -> None:
    """A metric's samples stand together under its type, quotes and line breaks are escaped, the end is marked."""
    name, other = "stackduel_trial_rate_rps", "stackduel_trial_requests"
    samples = [
        MetricSample(name, {"stack": 'a"b\\c\nd'}, 1.5, ENDED_S),
        MetricSample(other, {"stack": "x"}, 3, ENDED_S),
        MetricSample(name, {"stack": "x"}, 2.0, ENDED_S + 1),
    ]
    assert openmetrics(samples) == (
        "# TYPE stackduel_trial_rate_rps gauge\n"
        "# HELP stackduel_trial_rate_rps Requests answered rightly in each second.\n"
        'stackduel_trial_rate_rps{stack="a\\"b\\\\c\\nd"} 1.5 1700000000.250\n'
        'stackduel_trial_rate_rps{stack="x"} 2.0 1700000001.250\n'
        "# TYPE stackduel_trial_requests gauge\n"
        "# HELP stackduel_trial_requests Requests of the trial.\n"
        'stackduel_trial_requests{stack="x"} 3 1700000000.250\n'
        "# EOF\n"
    )
    assert openmetrics([]) == "# EOF\n"
