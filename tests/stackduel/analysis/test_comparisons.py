"""From trials to speedups and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.comparisons import COARSEST, compare
from stackduel.analysis.decision import SMALLEST_MARGIN
from stackduel.model.comparison import Comparison
from stackduel.model.trial import Failure, Place, Trial, TrialState
from tests.stackduel.makers import trial


def test_the_speedup_of_rates_is_candidate_over_baseline() -> None:
    """Twice the requests in the same window is a speedup of two."""
    (found,) = compare([trial("slow", 100), trial("fast", 200)], "slow")
    assert (found.scenario, found.baseline, found.candidate, found.metric) == ("waiting", "slow", "fast", "rate")
    assert found.speedup == pytest.approx(2.0)
    assert (found.low, found.high, found.confidence, found.verdict) == (None, None, None, "not tested")


def test_the_speedup_of_times_is_baseline_over_candidate() -> None:
    """A request that takes a tenth of the time is a speedup of ten, whatever the rate."""
    slow = trial("slow", 3, latency_ms=1000, metric="time")
    (found,) = compare([slow, trial("fast", 3, latency_ms=100, metric="time")], "slow")
    assert found.speedup == pytest.approx(10.0, rel=0.002)


def test_blocks_are_paired_before_they_are_averaged() -> None:
    """The ratio is taken within each block, so a host that halves its speed between blocks changes nothing."""
    results = [trial("slow", 100), trial("fast", 300)]
    results += [trial("slow", 50, block=2), trial("fast", 150, block=2)]
    assert compare(results, "slow")[0].speedup == pytest.approx(3.0)


def test_five_blocks_give_an_interval_and_four_do_not() -> None:
    """From five blocks on the speedup has bounds, at a confidence for the whole table; before that it has none."""
    results = []
    for block, requests in enumerate((198, 204, 200, 196, 202), 1):
        results += [trial("slow", 100, block=block), trial("fast", requests, block=block)]
    (found,) = compare(results, "slow")
    assert found.low is not None
    assert found.high is not None
    assert 1.9 < found.low < found.speedup < found.high < 2.1
    assert found.confidence == 0.95
    assert compare(results[:8], "slow")[0].low is None
    (wider, _) = compare([*results, *(trial("other", 100, block=block) for block in range(1, 6))], "slow")
    assert wider.low is not None
    assert wider.low < found.low, "two comparisons share the risk that one has alone"


def test_a_failure_is_never_a_zero() -> None:
    """A stack whose trial failed in one block is compared in the others; without any it is not compared."""
    lost = Failure(Place("fast", "waiting", 2), "it died")
    results = [trial("slow", 100), trial("fast", 200), trial("slow", 100, block=2)]
    assert compare([*results, lost], "slow")[0].speedup == pytest.approx(2.0)
    assert compare([trial("slow", 100, block=2), lost], "slow") == ()
    assert compare([trial("slow", 100), trial("fast", 0, failed=5)], "slow") == ()


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), min_size=1, max_size=6))
def test_swapping_the_sides_inverts_the_speedup(pairs: list[tuple[int, int]]) -> None:
    """A is x times as fast as B exactly when B is 1/x times as fast as A."""
    results = []
    for block, (one, other) in enumerate(pairs, 1):
        results += [trial("a", one, block=block), trial("b", other, block=block)]
    assert compare(results, "a")[0].speedup * compare(results, "b")[0].speedup == pytest.approx(1.0)


QUIET: tuple[TrialState, ...] = ("ok",) * 4
STEADY = (200, 202, 198, 201, 199)
# One request in flight at a time: no window is too short to tell stacks apart.
ONE_SLOT = {"slow": 1, "slow.twin": 1, "fast": 1, "other": 1}


def blocks_of(stack: str, requests: Sequence[int], states: Sequence[TrialState] = ()) -> Iterator[Trial]:
    """A trial of the stack in each block, with so many requests."""
    for block, number in enumerate(requests, 1):
        state = states[block - 1] if states else "ok"
        yield replace(trial(stack, number, block=block), state=state)


def words(*trials: Trial) -> dict[str, Comparison]:
    return {each.candidate: each for each in compare(trials, "slow", ONE_SLOT)}


def test_each_word_follows_from_interval_and_twin() -> None:
    """Twice as many is faster, half as many slower, the same equivalent, and 3 % more with a spread is open."""
    baseline, twin = blocks_of("slow", [1000] * 5), blocks_of("slow.twin", [1001, 999, 1000, 1000, 1000])
    found = words(
        *baseline,
        *twin,
        *blocks_of("twice", [2000, 2010, 1990, 2000, 2000]),
        *blocks_of("half", [500, 510, 490, 500, 500]),
        *blocks_of("same", [1001, 1000, 999, 1000, 1000]),
        *blocks_of("more", [1030, 1080, 1000, 1030, 1010]),
    )
    assert {name: each.verdict for name, each in found.items() if name != "slow.twin"} == {
        "twice": "faster",
        "half": "slower",
        "same": "equivalent",
        "more": "inconclusive",
    }


def test_without_a_twin_nothing_is_tested() -> None:
    """There is an interval, but the difference between equal servers on this host is unknown."""
    found = words(*blocks_of("slow", [100] * 5), *blocks_of("fast", STEADY))["fast"]
    assert found.low is not None
    assert (found.verdict, found.margin) == ("not tested", None)


def test_a_twin_speaks_for_its_own_scenario_alone() -> None:
    """Where the A/A pair was not measured, nothing is tested."""
    elsewhere = [
        replace(each, place=replace(each.place, scenario="elsewhere"))
        for each in (*blocks_of("slow", [100] * 5), *blocks_of("fast", STEADY))
    ]
    here = [*blocks_of("slow", [100] * 5), *blocks_of("slow.twin", [100] * 5), *blocks_of("fast", STEADY)]
    found = {(each.scenario, each.candidate): each.verdict for each in compare([*here, *elsewhere], "slow", ONE_SLOT)}
    assert found["waiting", "fast"] == "faster"
    assert found["elsewhere", "fast"] == "not tested"


def test_a_twin_that_differs_much_settles_nothing() -> None:
    """Where the host makes 10 % of no difference, 5 % more is none."""
    shaken = blocks_of("slow.twin", [900, 1100, 1000, 1050, 950])
    found = words(*blocks_of("slow", [1000] * 5), *shaken, *blocks_of("fast", [1050] * 5))
    assert found["fast"].margin == pytest.approx(found["slow.twin"].high / found["slow.twin"].speedup - 1)  # type: ignore[operator]
    assert found["fast"].margin > 0.09  # type: ignore[operator]
    assert found["fast"].verdict == "equivalent"


@given(st.lists(st.integers(150, 250), min_size=5, max_size=8), st.integers(1, 4))
def test_the_twin_never_counts_among_the_comparisons(requests: list[int], candidates: int) -> None:
    """Intervals of candidates are the same with and without it, and its own is that of one comparison alone."""
    slow = list(blocks_of("slow", [100] * len(requests)))
    twin = list(blocks_of("slow.twin", list(reversed(requests))))
    others = [each for number in range(candidates) for each in blocks_of(f"c{number}", requests)]
    with_it, without = words(*slow, *twin, *others), words(*slow, *others)
    for name, each in without.items():
        assert (with_it[name].low, with_it[name].high) == (each.low, each.high)
    alone = words(*slow, *blocks_of("only", list(reversed(requests))))["only"]
    assert (with_it["slow.twin"].low, with_it["slow.twin"].high) == (alone.low, alone.high)


STATES: st.SearchStrategy[TrialState] = st.sampled_from(["ok", "ok", "noisy", "void"])
SIDE = st.lists(st.tuples(st.integers(90, 110), STATES), min_size=5, max_size=9)


@given(SIDE, SIDE, st.lists(st.tuples(st.integers(400, 410), STATES), min_size=5, max_size=9), st.booleans())
def test_a_noisy_trial_makes_nothing_faster_or_slower(
    slow: list[tuple[int, TrialState]],
    twin: list[tuple[int, TrialState]],
    fast: list[tuple[int, TrialState]],
    swapped: bool,
) -> None:
    """Either five blocks without noise are there, and only these are counted, or there is no winner."""
    sides = {"slow": fast if swapped else slow, "slow.twin": twin, "fast": slow if swapped else fast}
    trials = [each for name, side in sides.items() for each in blocks_of(name, *zip(*side, strict=True))]
    quiet = sum(one[1] == other[1] == "ok" for one, other in zip(sides["slow"], sides["fast"], strict=False))
    counting = sum("void" not in {one[1], other[1]} for one, other in zip(slow, fast, strict=False))
    found = words(*trials).get("fast")
    if found is None:
        assert counting == 0
        return
    assert found.blocks == (quiet if quiet >= 5 else counting)
    assert found.noisy == (quiet < 5 and quiet < counting)
    if found.noisy:
        assert found.verdict not in {"faster", "slower"}


def test_noise_in_a_sixth_block_is_left_out() -> None:
    """With five quiet blocks a noisy one is no part of the ratio; with four it is, and there is no winner."""
    slow, twin = list(blocks_of("slow", [100] * 6)), list(blocks_of("slow.twin", [100] * 6))
    one = words(*slow, *twin, *blocks_of("fast", [*STEADY, 50], (*QUIET, "ok", "noisy")))["fast"]
    assert (one.blocks, one.noisy, one.verdict) == (5, False, "faster")
    assert one.speedup == pytest.approx(2.0, rel=0.001)
    two = words(*slow, *twin, *blocks_of("fast", [*STEADY, 200], (*QUIET, "noisy", "noisy")))["fast"]
    assert (two.blocks, two.noisy, two.verdict) == (6, True, "inconclusive")


def test_a_void_attempt_never_counts() -> None:
    """The attempt that counts takes the place of those before it in its block."""
    void = replace(trial("fast", 5), state="void")
    again = replace(trial("fast", 200), place=Place("fast", "waiting", 1, 2))
    assert compare([trial("slow", 100), void], "slow") == ()
    assert compare([trial("slow", 100), void, again], "slow")[0].speedup == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("slots", "resolution"),
    [
        (None, 9.5 / 100),
        ({"slow": 2, "fast": None}, 9.5 / 200),
        ({"slow": 8, "fast": 8}, 8 / 100),
        ({"slow": 2, "fast": 2}, 2 / 100),
        ({"slow": 1, "fast": 1}, 1 / 100),
        ({"slow": 64, "fast": 64}, 9.5 / 100),
    ],
)
def test_a_window_resolves_no_less_than_one_round(slots: dict[str, int | None] | None, resolution: float) -> None:
    """A round is what is in flight, at most the slots, as a part of what was answered; a margin holds it."""
    trials = [*blocks_of("slow", [100] * 5), *blocks_of("slow.twin", [100] * 5), *blocks_of("fast", [200] * 5)]
    (found,) = (each for each in compare(trials, "slow", slots) if each.candidate == "fast")
    assert found.resolution == pytest.approx(resolution)
    assert found.margin == pytest.approx(max(SMALLEST_MARGIN, resolution))


def test_a_time_has_no_rounds() -> None:
    """A fixed number of requests ends when they are answered, however many are in flight."""
    trials = [
        trial(stack, 3, block=block, latency_ms=latency_ms, metric="time")
        for block in range(1, 6)
        for stack, latency_ms in (("slow", 100), ("slow.twin", 100), ("fast", 96))
    ]
    (found,) = (each for each in compare(trials, "slow") if each.candidate == "fast")
    assert (found.resolution, found.margin, found.verdict) == (0.0, SMALLEST_MARGIN, "faster")


def test_the_rate_of_a_fixed_number_of_requests_has_no_rounds() -> None:
    """Where the number is fixed it is the duration that differs: nothing is one round more or less by chance."""
    trials = [*blocks_of("slow", [100] * 5), *blocks_of("slow.twin", [100] * 5), *blocks_of("fast", [104] * 5)]
    (window,) = (each for each in compare(trials, "slow") if each.candidate == "fast")
    (fixed,) = (each for each in compare(trials, "slow", fixed={"waiting"}) if each.candidate == "fast")
    assert window.resolution > 0.04
    assert window.verdict == "equivalent"
    assert (fixed.resolution, fixed.margin, fixed.verdict) == (0.0, SMALLEST_MARGIN, "faster")


def test_a_queue_is_no_round_of_requests_in_step() -> None:
    """A hundred requests that queue for a server of unknown slots do not make four times as fast no difference."""
    results = []
    for block in range(1, 6):
        for stack, requests in (("slow", 28), ("slow.twin", 28), ("fast", 112)):
            queued = trial(stack, requests, block=block)
            results.append(replace(queued, measurement=replace(queued.measurement, in_flight_mean=100.0)))
    found = {each.candidate: each for each in compare(results, "slow")}
    assert found["fast"].verdict == "faster"
    assert found["fast"].margin == COARSEST
