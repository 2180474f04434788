"""Conclusions from the trials of a tuning: what to change, or that nothing is worth changing."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from stackduel.analysis.tune_sentences import reason_for_none
from stackduel.model.search_results.tuned import Confirmed
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.model.tune_settings import CURRENT, TuneSettings
from tests.stackduel.tuned import GEVENT, GTHREAD, SETTINGS, SYNC, TWIN, alone, found, longer, tuning, usual, windows


def told(**changed: object) -> TuneSettings:
    """The usual settings but for these."""
    return msgspec.structs.replace(SETTINGS, **changed)


def test_the_best_candidate_is_recommended_with_its_gain() -> None:
    """Both lines, the gain with its interval, and what was measured beside it."""
    result = found(usual())
    assert result.recommended == GTHREAD.stack
    assert result.after == "gunicorn --bind 127.0.0.1:8000 shop:app -w 4"
    assert result.before == "gunicorn --bind 127.0.0.1:8000 shop:app -w 1"
    best = result.of(GTHREAD.stack)
    assert best is not None
    assert best.gain == pytest.approx(3.0, rel=0.01)
    assert best.low is not None
    assert 2.9 < best.low <= 3.0
    assert "3.00 (" in result.sentence
    assert result.blocks == 5


def test_the_slots_that_are_needed_follow_from_wait_and_cpu() -> None:
    """Little's law: 200 ms of which 5 are the CPU's take 40 requests at once, of which 16 arrive."""
    result = found(usual())
    assert result.wait_ms == pytest.approx(195, rel=0.01)
    assert result.cpu_ms == pytest.approx(5)
    assert result.slots == 16


def test_nothing_is_worth_changing_where_no_gain_is_shown() -> None:
    """The twin's interval and the margin decide, and the sentence names the best."""
    result = found([*windows(CURRENT, 600), *windows(TWIN, 600), *windows(GTHREAD.stack, 606)])
    assert result.after is None
    assert result.sentence.startswith(f"No change worth making: none is shown to be better; the best, {GTHREAD.stack}")


def test_a_busy_host_leaves_it_undecided() -> None:
    """A large gain in noisy blocks is no reason to say that nothing helps."""
    quiet = [each for each in windows(GTHREAD.stack, 1800) if isinstance(each, Trial)]
    noisy: list[Result] = [replace(each, state="noisy") for each in quiet]
    result = found([*windows(CURRENT, 600), *windows(TWIN, 600), *noisy])
    assert (result.after, result.undecided) == (None, True)
    assert result.sentence.startswith(f"Undecided: none is shown to be better; the best, {GTHREAD.stack}, has 3.00 (")


def test_what_failed_a_request_is_never_recommended() -> None:
    """However fast it is; the next best is."""
    results = [*usual()]
    results = [each for each in results if each.place.stack != GTHREAD.stack]
    result = found([*results, *windows(GTHREAD.stack, 1800, failed=1)])
    assert result.recommended == SYNC.stack
    refused = result.of(GTHREAD.stack)
    assert refused is not None
    assert refused.refused is not None
    assert refused.refused.startswith("5 of 9,005 requests failed, mostly status")


def test_what_leaks_is_never_recommended() -> None:
    """Memory that grows in every window, by more than a server fills its pools with."""
    result = found([*windows(CURRENT, 600), *windows(TWIN, 600), *windows(GTHREAD.stack, 1800, grows=5.0)])
    assert result.after is None
    assert "1 candidate gained and cannot be recommended" in result.sentence
    assert "its memory grew by 5.0 MiB in each window of 1,800 requests, and to its end; whether" in result.sentence


GROWS = (*windows(CURRENT, 600), *windows(TWIN, 600), *windows(GTHREAD.stack, 1800, grows=5.0))


@pytest.mark.parametrize(
    ("mib", "reason"),
    [
        pytest.param(
            (60.0, 68.0, 76.0, 85.0), "its memory grew by 25.0 MiB in 9,000 requests, and to their end", id="as before"
        ),
        pytest.param((60.0, 64.5, 69.0, 73.5), "its memory grew by 13.5 MiB in 9,000 requests", id="half as fast"),
        pytest.param((60.0, 66.0, 66.0, 72.0), None, id="not throughout"),
        pytest.param((60.0, 64.0, 67.5, 71.5), None, id="slower and slower"),
        pytest.param((60.0, 70.0, 70.0, 70.0), None, id="filled"),
    ],
)
def test_a_leak_goes_on_in_a_longer_window(mib: tuple[float, ...], reason: str | None) -> None:
    """Filling a pool in the first requests of every block is no growth; half as much per request is a leak still."""
    result = found([*GROWS, longer(GTHREAD.stack, 9000, *mib)])
    assert result.recommended == (None if reason else GTHREAD.stack)
    refused = result.of(GTHREAD.stack)
    assert refused is not None
    assert (refused.refused or "").startswith(reason or "")
    assert (refused.refused is None) == (reason is None)


def test_what_ended_in_the_confirmation_is_never_recommended() -> None:
    """A trial that did not measure counts against the candidate."""
    ended = Failure(Place(GTHREAD.stack, "tune", 6), "the server ended with exit status 1\nits log")
    result = found([*windows(CURRENT, 600), *windows(TWIN, 600), *windows(GTHREAD.stack, 1800), ended])
    assert result.after is None
    assert "the server ended with exit status 1)" in result.sentence


def test_of_equal_gains_the_smaller_change_is_recommended() -> None:
    """Another number of workers is less of a change than another kind of worker."""
    results = [*windows(CURRENT, 600), *windows(TWIN, 600), *windows(GTHREAD.stack, 1210), *windows(SYNC.stack, 1200)]
    assert found(results).recommended == SYNC.stack


def test_a_service_level_is_kept_or_the_candidate_is_refused() -> None:
    """The fastest breaks it; the current command breaks it, too, so that what keeps it is worth a change."""
    results: list[Result] = [*windows(CURRENT, 600, latency_ms=300), *windows(TWIN, 600, latency_ms=300)]
    results += [*windows(GTHREAD.stack, 1800, latency_ms=250), *windows(SYNC.stack, 605, latency_ms=80)]
    result = found(results, told(slo="p99=200ms"))
    assert result.recommended == SYNC.stack
    refused = result.of(GTHREAD.stack)
    assert refused is not None
    assert refused.refused == "the p99 was 250 ms (bound 200 ms)"


def test_the_shortest_p99_is_the_objective() -> None:
    """A gain is how many times as short it is."""
    results: list[Result] = [*windows(CURRENT, 600, latency_ms=300), *windows(TWIN, 600, latency_ms=300)]
    results += [*windows(GTHREAD.stack, 1800, latency_ms=200), *windows(SYNC.stack, 900, latency_ms=100)]
    result = found(results, told(objective="p99"))
    best = result.of(SYNC.stack)
    assert best is not None
    assert (result.recommended, result.measure) == (SYNC.stack, "p99")
    assert best.gain == pytest.approx(3.0)


def test_windows_too_small_for_a_p99_are_compared_by_the_mean() -> None:
    """A p99 takes 459 requests."""
    results: list[Result] = [*windows(CURRENT, 100, latency_ms=300), *windows(TWIN, 100, latency_ms=300)]
    result = found([*results, *windows(SYNC.stack, 300, latency_ms=100)], told(objective="p99"))
    assert (result.recommended, result.measure) == (SYNC.stack, "mean")


def test_the_least_memory_must_serve_as_much() -> None:
    """A server that serves half needs less, and is no answer."""
    results = [*windows(CURRENT, 600, mib=120), *windows(TWIN, 600, mib=120)]
    results += [*windows(GTHREAD.stack, 300, mib=30), *windows(GEVENT.stack, 600, mib=60)]
    result = found(results, told(objective="memory"))
    assert result.recommended == GEVENT.stack
    refused = result.of(GTHREAD.stack)
    assert refused is not None
    assert refused.refused == "it serves 0.50 times the requests of the current command"


def test_a_tuning_that_was_interrupted_recommends_nothing() -> None:
    """The screening alone confirms nothing."""
    result = found([alone()])
    assert (result.after, result.undecided) == (None, True)
    assert "no candidate was confirmed" in result.sentence
    assert not tuning([]).findings


def test_only_the_confirmation_is_compared() -> None:
    """No window of the screening is in an interval."""
    made = tuning(usual())
    assert {each.scenario for each in made.comparisons} == {"tune"}
    assert {each.candidate for each in made.comparisons} == {TWIN, GTHREAD.stack, SYNC.stack}
    assert {each.blocks for each in made.comparisons} == {5}


def test_the_candidate_whose_gain_is_not_ruled_out_is_not_called_the_best() -> None:
    """It may be the one that was measured worst, and varied most."""
    sure = Confirmed("sure", 1.03, 1.00, 1.06, "equivalent", None, None, None, None)
    unsure = Confirmed("unsure", 0.85, 0.61, 1.19, "inconclusive", None, None, None, None)
    assert "; the one least known, unsure, has 0.85 (" in reason_for_none([sure, unsure], CURRENT, "throughput")
    assert "; the best, sure, has 1.03 (" in reason_for_none([sure], CURRENT, "throughput")
