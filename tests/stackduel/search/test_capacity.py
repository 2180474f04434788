"""The capacity search on servers whose capacity is known."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.streams_held import StreamsHeld
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.suite import ClosedLoop, OpenLoop
from stackduel.model.trial import Failure, Place, Result
from stackduel.search.capacity import replicas_for, search_capacity, search_streams_held
from stackduel.search.load_scale import LOWEST_LOAD_S, LOWEST_RPS
from stackduel.search.probe import Probe
from tests.stackduel.search.simulated import Slots, StreamSlots, carried_out, opened, void

LOAD = OpenLoop(100.0, 3.0, warmup_s=1.0)
SLO = CapacitySettings(slo="p99=200ms")


def found(serve: Callable[[Probe], Result], chosen: CapacitySettings = SLO) -> tuple[Capacity, list[Probe]]:
    return carried_out(search_capacity(LOAD, chosen, "7"), serve)


def rate(probe: Probe) -> float:
    assert isinstance(probe.load, OpenLoop)
    return probe.load.rate_rps


@settings(max_examples=20, deadline=None)
@given(slots=st.integers(1, 2000), service_s=st.floats(0.001, 0.15), seed=st.integers(0, 1000))
def test_the_capacity_lies_between_the_rate_confirmed_and_the_one_above(
    slots: int, service_s: float, seed: int
) -> None:
    """Where a bound is kept up to a sharp rate, that rate is enclosed within the resolution, from any start."""
    server = Slots(slots, service_s, seed=seed)
    truth = capacity_of(server)
    if not 2 <= truth <= 50_000:
        return
    capacity, tried = found(server)
    assert capacity.confirmed is not None
    assert capacity.above is not None
    assert capacity.confirmed.kept == capacity.confirmed.tried == 5
    assert capacity.confirmed.rate_rps <= truth * 1.01
    assert capacity.above.rate_rps >= truth * 0.99
    # Three digits of the rates, and windows that grow with small rates, widen the resolution a little.
    assert capacity.above.rate_rps / capacity.confirmed.rate_rps <= 1.07
    assert len(tried) <= 40


def capacity_of(server: Slots) -> float:
    """The rate at which the backlog of 99 % of a window of 3 s, or of 482 requests, reaches the bound of 200 ms."""
    low, high = 0.1, 200_000.0
    for _ in range(60):
        middle = (low * high) ** 0.5
        window_s = max(3.0, 1.05 * 459 / middle)
        backlog_s = max(0.0, 0.99 * window_s * (middle / server.capacity_rps - 1))
        if backlog_s + server.service_s * 1.047 <= 0.2:
            low = middle
        else:
            high = middle
    return low


def test_a_rate_that_is_kept_only_sometimes_is_not_confirmed() -> None:
    """With a server whose speed moves by 10 % between trials, what is confirmed was kept five times out of five."""
    server = Slots(20, 0.1, wobble=0.1, seed=3)
    answers: dict[float, list[bool]] = {}

    def serve(probe: Probe) -> Result:
        trial = server(probe)
        kept = trial.measurement.latency.quantile_ns(0.99) <= 200e6
        answers.setdefault(rate(probe), []).append(kept)
        return trial

    capacity, _ = found(serve)
    assert capacity.confirmed is not None
    assert answers[capacity.confirmed.rate_rps][-5:] == [True] * 5
    assert capacity.confirmed.rate_rps < server.capacity_rps * 1.05
    assert capacity.above is not None
    assert False in answers[capacity.above.rate_rps]


def test_confirmations_alternate_on_fresh_servers() -> None:
    """Each round of the rate found and the one above begins on a fresh server, in an order that is drawn."""
    capacity, tried = found(Slots(20, 0.1))
    assert capacity.confirmed is not None
    assert capacity.above is not None
    rounds = [tuple(rate(probe) for probe in tried[at : at + 2]) for at in range(len(tried) - 10, len(tried), 2)]
    assert {frozenset(each) for each in rounds} == {frozenset({capacity.confirmed.rate_rps, capacity.above.rate_rps})}
    assert len(set(rounds)) == 2
    assert all(tried[at].fresh for at in range(len(tried) - 10, len(tried), 2))


def test_after_a_rate_that_broke_it_the_server_is_a_fresh_one() -> None:
    """The queue that an overrun server still has must not count against the next, lower rate."""
    _, tried = found(Slots(20, 0.1))
    too_much = [at for at, probe in enumerate(tried[:-1]) if rate(probe) > 215]
    assert too_much
    assert all(tried[at + 1].fresh for at in too_much)


def test_windows_hold_enough_requests_for_the_percentile() -> None:
    """Low rates get longer windows: the p99 takes 459 requests, the p99.9 takes 4,603."""
    for slo, fewest in (("p99=200ms", 459), ("p999=200ms", 4603)):
        _, tried = found(Slots(3, 0.1), msgspec.structs.replace(SLO, slo=slo))
        assert all(rate(probe) * (probe.load.duration_s or 0) >= fewest for probe in tried)


def test_a_service_level_that_no_rate_keeps_has_no_capacity() -> None:
    """A server slower than the bound has none, however small the rate."""
    capacity, _ = found(Slots(100, 0.5), msgspec.structs.replace(SLO, demand_rps=100.0))
    assert (capacity.confirmed, capacity.replicas) == (None, None)
    assert capacity.sentence.startswith(
        "No rate was confirmed to keep p99 <= 200 ms, errors <= 0.1 % (at 1 req/s the p99"
    )


def test_the_generator_ends_the_search_without_a_word_on_the_server() -> None:
    """Above what the generator can send, the capacity is at least what was confirmed."""
    server = Slots(10_000, 0.1)
    capacity, _ = found(lambda probe: void(server(probe), "generator-cpu") if rate(probe) > 1000 else server(probe))
    assert capacity.confirmed is not None
    assert 900 <= capacity.confirmed.rate_rps <= 1000
    assert capacity.above is None
    assert "up to at least" in capacity.sentence
    assert "generator-cpu was closed." in capacity.sentence


def test_lateness_that_the_server_caused_is_the_servers() -> None:
    """Where its own time from the sending on breaks the bound, late sending excuses nothing."""
    server = Slots(20, 0.1)

    def serve(probe: Probe) -> Result:
        trial = server(probe)
        return void(trial, "lateness") if rate(probe) > server.capacity_rps * 1.08 else trial

    capacity, _ = found(serve)
    assert (capacity.limit, capacity.confirmed is not None, capacity.above is not None) == ("", True, True)


def test_a_server_that_ends_under_a_rate_has_not_kept_it() -> None:
    """The sentence gives the reason of its end."""
    server = Slots(1000, 0.01)
    dead = Failure(Place("it", "open", 1), "the server ended with exit status 9 during the trial\nlog")
    capacity, _ = found(lambda probe: dead if rate(probe) > 500 else server(probe))
    assert capacity.confirmed is not None
    assert 475 <= capacity.confirmed.rate_rps <= 500
    assert "exit status 9" in capacity.sentence


def test_failures_break_it_with_any_latencies() -> None:
    """Two refusals in a hundred are over the usual bound of 0.1 %."""

    def serve(probe: Probe) -> Result:
        assert isinstance(probe.load, OpenLoop)
        count = round(rate(probe) * probe.load.duration_s)
        failed = count // 50 if rate(probe) > 300 else 0
        return opened(probe.load, [5.0] * (count - failed), failed)

    capacity, _ = found(serve)
    assert capacity.above is not None
    assert capacity.above.rate_rps <= 315
    assert "of the requests failed, mostly status (bound 0.1 %)" in capacity.above.broke


@pytest.mark.parametrize(
    ("demand", "capacity", "headroom", "replicas"),
    [(5000, 100, 0.8, 63), (80, 100, 0.8, 1), (81, 100, 0.8, 2), (1, 100, 0.8, 1), (240, 100, 0.8, 3), (500, 70, 1, 8)],
)
def test_replicas_carry_the_demand_with_their_headroom(
    demand: float, capacity: float, headroom: float, replicas: int
) -> None:
    """The fewest whose capacity, times the headroom, is not below the demand."""
    assert replicas_for(demand, capacity, headroom) == replicas


def test_replicas_and_cost_stand_in_the_sentence() -> None:
    """A demand of 5,000 req/s on replicas of about 200 req/s at 80 %."""
    capacity, _ = found(Slots(20, 0.1), msgspec.structs.replace(SLO, demand_rps=5000.0, cost_per_replica=42.0))
    assert capacity.confirmed is not None
    replicas = replicas_for(5000, capacity.confirmed.rate_rps, 0.8)
    assert (capacity.replicas, capacity.cost) == (replicas, 42.0 * replicas)
    assert f"take {replicas} replicas, each loaded to 80 %, at a cost of {42 * replicas:,}." in capacity.sentence


def refusing(probe: Probe) -> Result:
    """A server that answers every request wrongly, whatever the load."""
    assert isinstance(probe.load, OpenLoop)
    return opened(probe.load, [], failed=round(probe.load.rate_rps * probe.load.duration_s))


def test_where_all_requests_fail_at_the_lowest_load_the_search_ends() -> None:
    """After two windows, without halving the rate down to one request a second; the sentence says why."""
    capacity, tried = found(refusing)
    assert [rate(probe) for probe in tried] == [100.0, LOWEST_RPS]
    assert tried[-1].load.duration_s == LOWEST_LOAD_S
    assert capacity.nothing_right
    assert capacity.confirmed is None
    assert capacity.sentence.startswith("Nothing is answered rightly, whatever the rate. At the lowest load, 1 req/s,")


def test_where_only_a_high_load_fails_the_search_goes_on() -> None:
    """A server that fails every request from 60 req/s on has a capacity below."""

    def serve(probe: Probe) -> Result:
        assert isinstance(probe.load, OpenLoop)
        count = round(probe.load.rate_rps * probe.load.duration_s)
        if probe.load.rate_rps >= 60:
            return opened(probe.load, [], failed=count)
        return opened(probe.load, [50.0] * count)

    capacity, _ = found(serve)
    assert not capacity.nothing_right
    assert capacity.confirmed is not None
    assert 50 < capacity.confirmed.rate_rps < 60


@pytest.mark.parametrize("allowance_s", [20.0, 60.0, 150.0, 600.0])
@pytest.mark.parametrize("capacity_rps", [3.0, 40.0, 900.0, 60_000.0])
def test_the_search_keeps_to_its_time(allowance_s: float, capacity_rps: float) -> None:
    """Whatever the capacity, no window is begun that would end after the allowance, and what was kept is reported."""
    server = Slots(round(capacity_rps), round(capacity_rps) / capacity_rps / 10)
    spent_s = 0.0
    kept: list[float] = []

    def serve(probe: Probe) -> Result:
        nonlocal spent_s
        assert isinstance(probe.load, OpenLoop)
        spent_s += probe.load.warmup_s + probe.load.duration_s
        trial = server(probe)
        if trial.measurement.latency.quantile_ns(0.99) <= 200e6:
            kept.append(rate(probe))
        return trial

    limited = msgspec.structs.replace(SLO, allowance_s=allowance_s)
    capacity, _ = carried_out(search_capacity(LOAD, limited, "7", lambda: spent_s), serve)
    assert spent_s <= allowance_s
    assert (capacity.confirmed is not None) == bool(kept)
    if capacity.confirmed is None or capacity.confirmed.tried < 5:
        assert "are over" in capacity.limit


def test_with_time_enough_the_search_is_the_unlimited_one() -> None:
    """An allowance changes nothing where it is not needed."""
    free, _ = found(Slots(40, 0.1))
    limited, _ = found(Slots(40, 0.1), msgspec.structs.replace(SLO, allowance_s=10_000.0))
    assert limited == free


STREAMS = ClosedLoop(32, duration_s=3.0, warmup_s=1.0)
EVENT_SLO = CapacitySettings(slo="event_p99=50ms", resolution=0.1)


def held(serve: Callable[[Probe], Result], chosen: CapacitySettings = EVENT_SLO) -> tuple[StreamsHeld, list[Probe]]:
    return carried_out(search_streams_held(STREAMS, chosen, "7"), serve)


@pytest.mark.parametrize("truth", [1, 2, 7, 8, 33, 256, 700])
def test_the_streams_held_are_enclosed(truth: int) -> None:
    """A server whose events come late beyond a sharp number of streams: what is held, and the next step above it."""
    found, tried = held(StreamSlots(truth, slots=10_000))
    assert found.confirmed is not None
    assert found.above is not None
    assert (found.confirmed.kept, found.confirmed.tried) == (5, 5)
    assert found.confirmed.streams <= truth < found.above.streams
    assert found.above.streams <= max(found.confirmed.streams + 1, 1.1 * found.confirmed.streams)
    assert "the event_p99 was" in found.above.broke
    assert len(tried) <= 30


def test_a_stream_that_waits_for_a_slot_is_not_held() -> None:
    """Its events are not late, as there are none: the first of them is, by the bound that one on events brings."""
    found, _ = held(StreamSlots(10_000, slots=64))
    assert found.confirmed is not None
    assert found.above is not None
    assert found.confirmed.streams == 64
    assert "the ttft_p99 was" in found.above.broke


def test_no_more_streams_are_tried_than_the_settings_allow() -> None:
    """A stack that holds all of them holds at least so many, and the sentence says why there were no more."""
    found, tried = held(StreamSlots(10_000, slots=10_000), msgspec.structs.replace(EVENT_SLO, most_streams=100))
    assert max(probe.load.connections for probe in tried) == 100
    assert found.above is None
    assert found.sentence.startswith("Holds at least 100 streams at once with event_p99 <= 50 ms, ttft_p99 <= 1000 ms")
    assert found.sentence.endswith("100 streams is the highest number to try.")


def test_a_server_that_is_late_with_one_stream_holds_none() -> None:
    """There is no fewer than one."""
    found, tried = held(StreamSlots(0, slots=10_000))
    assert found.confirmed is None
    assert tried[-1].load.connections == 1
    assert found.sentence.startswith("No number of streams was confirmed to keep event_p99 <= 50 ms")


@pytest.mark.parametrize("truth", [150, 200, 230, 260, 300, 340, 400])
def test_after_a_step_down_the_search_goes_up_again(truth: int) -> None:
    """Windows that were kept by luck cost steps down; what lies between is looked at, until both are near."""
    lucky = 0

    def serve(probe: Probe) -> Result:
        nonlocal lucky
        assert isinstance(probe.load, ClosedLoop)
        # The host is kind to the first four windows with too many streams.
        if truth < probe.load.connections <= 512 and lucky < 4:
            lucky += 1
            return StreamSlots(10_000, slots=10_000)(probe)
        return StreamSlots(truth, slots=10_000)(probe)

    found, _ = held(serve, msgspec.structs.replace(EVENT_SLO, resolution=1.1 / 0.9 - 1))
    assert found.confirmed is not None
    assert found.above is not None
    assert (found.confirmed.kept, found.confirmed.tried) == (5, 5)
    assert found.confirmed.streams <= truth < found.above.streams
    assert found.above.streams <= 1.1 / 0.9 * found.confirmed.streams


def test_where_time_is_short_what_broke_before_is_not_repeated() -> None:
    """Five rounds of both levels had no room; five of the lower one have."""
    spent_s = 0.0

    def serve(probe: Probe) -> Result:
        nonlocal spent_s
        spent_s += probe.load.warmup_s + (probe.load.duration_s or 0.0)
        return StreamSlots(100, slots=10_000)(probe)

    # Seven windows of 4 s to find the place, five to confirm it.
    limited = msgspec.structs.replace(EVENT_SLO, resolution=0.25, allowance_s=56.0)
    found, tried = carried_out(search_streams_held(STREAMS, limited, "7", lambda: spent_s), serve)
    assert spent_s <= 56.0
    assert found.confirmed is not None
    assert found.above is not None
    assert (found.confirmed.kept, found.confirmed.tried) == (5, 5)
    assert {probe.load.connections for probe in tried[-5:] if isinstance(probe.load, ClosedLoop)} == {
        found.confirmed.streams
    }
