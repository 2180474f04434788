"""Which trials stand for a stack beside the baseline, and the words where noise or the generator is in the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.advice import advise
from stackduel.analysis.candidates import Migration
from stackduel.analysis.comparisons import compare
from stackduel.analysis.contest import AdviceInputs
from stackduel.analysis.decision import SMALLEST_UNSIZED, decide_without_size
from stackduel.analysis.matrix import migrations
from stackduel.analysis.pairs import log_ratios_by_pair, lower_bounds, pairs
from stackduel.model.comparison import Comparison
from stackduel.model.trial import Gate, HostNoise, Result, Trial, TrialState
from tests.stackduel.makers import trial

ONE_SLOT = {"slow": 1, "slow.twin": 1, "fast": 1}
FULL = Gate("generator-cpu", False, "The busiest shard used 99.0 % of its core (bound 70 %).")
BUSY = Gate("foreign-cpu", False, "Other processes used 40.0 % of the host's CPU time (bound 10 %).")
EIGHT = (800, 650, 900, 820, 760)
SHAKEN = (115, 90, 104, 96, 110)


def blocks(
    stack: str, requests: Sequence[int], state: TrialState = "ok", gates: Sequence[Gate] = (), taken: float | None = 0.0
) -> Iterator[Trial]:
    """A trial of the stack in each block, all in the same state."""
    for block, number in enumerate(requests, 1):
        noise = HostNoise(0.0, 0.4, 0.0, taken)
        yield replace(trial(stack, number, block=block), state=state, gates=tuple(gates), noise=noise)


def noisy_table(candidate: Iterable[Trial], taken: float | None = 0.0, twin: Sequence[int] = SHAKEN) -> Comparison:
    """The comparison of a candidate beside a baseline and a twin that were measured on a noisy host."""
    results = (*blocks("slow", [100] * 5, "noisy", taken=taken), *blocks("slow.twin", twin, "noisy", taken=taken))
    found = {each.candidate: each for each in compare([*results, *candidate], "slow", ONE_SLOT)}
    return found["fast"]


def test_eight_times_as_fast_on_a_noisy_host_is_faster_and_its_size_uncertain() -> None:
    """The issue's own case: no interval counts, and every block says faster by more than noise can explain."""
    found = noisy_table(blocks("fast", EIGHT, "noisy"))
    assert (found.verdict, found.size, found.noisy, found.blocks) == ("faster", "uncertain", True, 5)
    assert (found.low, found.high, found.confidence) == (None, None, None)
    slower = noisy_table(blocks("fast", [100 * 100 // each for each in EIGHT], "noisy"))
    assert (slower.verdict, slower.size) == ("slower", "uncertain")


def test_no_word_of_the_matrix_without_a_size() -> None:
    """A stack whose size is uncertain has no mean and no word; one that is at least twice as fast is a candidate."""
    assert migrations([noisy_table(blocks("fast", EIGHT, "noisy"))]) == ()
    (entry,) = migrations([bounded_table(blocks("fast", [2100, 2150, 2120, 2130, 2110], "void", [FULL]))["fast"]])
    assert entry.word == "good candidate"
    full = [*blocks("slow", [1000] * 5, "void", [FULL])]
    assert migrations([bounded_table(blocks("fast", [400, 405, 400, 402, 401]), full)["fast"]]) == ()


def test_quiet_blocks_still_give_the_size() -> None:
    """With five quiet blocks there is an interval, and the word has its size."""
    results = [*blocks("slow", [1000] * 5), *blocks("slow.twin", [1001, 999, 1000, 1000, 1000])]
    found = compare([*results, *blocks("fast", [each * 10 for each in EIGHT])], "slow", ONE_SLOT)[-1]
    assert (found.verdict, found.size) == ("faster", None)
    assert found.low is not None


@pytest.mark.parametrize(
    ("requests", "taken", "twin"),
    [
        (EIGHT, 0.9, SHAKEN),  # others took nine tenths of the core: a tenth is what the baseline was left with
        (EIGHT, None, SHAKEN),  # nobody knows what they took
        (EIGHT, 1.0, SHAKEN),
        (EIGHT, 0.0, (115, 90, 1000, 96, 110)),  # the twins were ten times apart in one block
        ((800, 650, 110, 820, 760), 0.0, SHAKEN),  # one block does not say it
        ((123, 124, 123, 122, 124), 0.0, (100, 101, 100, 99, 100)),  # less than a quarter more
    ],
)
def test_noise_cannot_fake_the_word(requests: Sequence[int], taken: float | None, twin: Sequence[int]) -> None:
    """Where the core's loss, the twins, a block or the floor can explain it, the difference stays open."""
    found = noisy_table(blocks("fast", requests, "noisy"), taken, twin)
    assert (found.verdict, found.size) == ("inconclusive", None)


def test_fewer_than_five_blocks_say_nothing() -> None:
    """Four blocks of one sign are chance too often."""
    found = noisy_table(blocks("fast", EIGHT[:4], "noisy"))
    assert (found.verdict, found.size) == ("not tested", None)


LOGS = st.lists(st.floats(-3, 3), min_size=3, max_size=8)


@given(LOGS, LOGS, st.floats(0, 1), st.floats(0, 1))
def test_the_rule_is_the_same_both_ways_and_more_noise_never_helps(
    logs: list[float], twins: list[float], taken: float, more: float
) -> None:
    """Turning the sides around turns the word around; a larger loss, or a larger twin, only ever takes a word away."""
    word = decide_without_size(logs, twins, taken)
    turned = decide_without_size([-each for each in logs], twins, taken)
    assert turned == {"faster": "slower", "slower": "faster", None: None}[word]
    assert decide_without_size(logs, twins, max(taken, more)) in {word, None}
    assert decide_without_size(logs, [2 * each for each in twins], taken) in {word, None}
    if word is not None:
        least = min(map(abs, logs))
        assert len(logs) >= 5 <= len(twins)
        assert least > max(*map(abs, twins), math.log(SMALLEST_UNSIZED))
        assert math.exp(-least) < 1 - taken + 1e-12


def bounded_table(candidate: Iterable[Trial], baseline: Iterable[Trial] | None = None) -> dict[str, Comparison]:
    quiet = (
        *(baseline or blocks("slow", [1000] * 5)),
        *blocks("slow.twin", [1001, 999, 1000, 1000, 1000]),
    )
    return {each.candidate: each for each in compare([*quiet, *candidate], "slow", ONE_SLOT)}


def test_a_stack_that_the_generator_cannot_saturate_is_faster_by_at_least_so_much() -> None:
    """Void three times by the generator's limit alone: the rate is a lower bound, and so is the speedup."""
    found = bounded_table(blocks("fast", [2100, 2150, 2120, 2130, 2110], "void", [FULL]))["fast"]
    assert (found.verdict, found.size, found.high) == ("faster", "at_least", None)
    assert found.low == pytest.approx(2.1, abs=0.05)


def test_a_bound_never_decides_the_other_side() -> None:
    """At least half as fast may be anything, and twice at most is no proof of equality."""
    for requests in ([500, 510, 505, 500, 502], [1000, 1001, 999, 1000, 1000]):
        found = bounded_table(blocks("fast", requests, "void", [FULL]))["fast"]
        assert (found.verdict, found.size, found.high) == ("inconclusive", "at_least", None)


def test_a_baseline_that_the_generator_cannot_saturate_makes_others_slower_by_at_least_so_much() -> None:
    """Then the ratio is an upper bound, the twin still tells the margin, and nothing becomes faster."""
    full = [*blocks("slow", [1000] * 5, "void", [FULL])]
    found = bounded_table(blocks("fast", [400, 405, 400, 402, 401]), full)["fast"]
    assert (found.verdict, found.size, found.low) == ("slower", "at_least", None)
    assert found.high == pytest.approx(0.4, abs=0.01)
    found = bounded_table(blocks("fast", [1800, 1810, 1805, 1800, 1802]), full)["fast"]
    assert (found.verdict, found.size) == ("inconclusive", "at_least")


def test_two_lower_bounds_bound_nothing() -> None:
    """Where the generator saturates neither side, they are not compared."""
    full = [*blocks("slow", [1000] * 5, "void", [FULL])]
    assert "fast" not in bounded_table(blocks("fast", [2000] * 5, "void", [FULL]), full)


@pytest.mark.parametrize("gates", [[FULL, BUSY], [BUSY], [Gate("littles-law", False, "off")]])
def test_what_is_void_for_another_reason_too_is_no_bound(gates: list[Gate]) -> None:
    """Only the generator's limit alone makes a rate a lower bound."""
    void = list(blocks("fast", [2100] * 5, "void", gates))
    assert lower_bounds(void) == []
    assert "fast" not in bounded_table(void)


def test_a_time_is_no_lower_bound() -> None:
    """An open loop that is late measures neither more nor less than the truth."""
    late = replace(trial("fast", 100, metric="time"), state="void", gates=(FULL,))
    assert lower_bounds([late]) == []


def test_of_several_attempts_one_stands_for_the_block() -> None:
    """The trial that counts, else the latest bound; and where five count, no bound is used at all."""
    attempts: list[Result] = []
    for attempt, requests in enumerate((2000, 2200, 2100), 1):
        void = next(blocks("fast", [requests], "void", [FULL]))
        attempts.append(replace(void, place=replace(void.place, attempt=attempt)))
    assert [each.place.attempt for each in lower_bounds(attempts)] == [3]
    assert lower_bounds([*attempts, next(blocks("fast", [1900]))]) == []
    five = [replace(each, place=replace(each.place, block=each.place.block + 1)) for each in blocks("fast", [1900] * 5)]
    assert lower_bounds([*attempts, *five]) == []


def test_bounds_are_no_ratios_between_runs() -> None:
    """A comparison of two runs has no use for a ratio that is only a bound."""
    results = [*blocks("slow", [1000] * 5), *blocks("fast", [2100] * 5, "void", [FULL])]
    assert [pair.bound for pair in pairs(results, "slow")] == ["low"]
    assert log_ratios_by_pair(results, "slow") == {}


def test_advice_on_a_noisy_host_names_the_change_and_no_size() -> None:
    """A stack that is shown to be faster is advised, without a figure in the sentence or in the document."""
    found = noisy_table(blocks("fast", EIGHT, "noisy"))
    advice = advise([found], AdviceInputs({"fast": Migration("rewrite", "Move to FastAPI")}, {"rewrite": 5}, {}))
    assert (advice.kind, advice.stack, advice.proven) == ("change", "fast", True)
    assert "faster (size uncertain)" in advice.sentence
    assert not any(character.isdigit() for character in advice.sentence)
    assert (advice.speedup, advice.low, advice.high, advice.share_of_best) == (None, None, None, None)


def test_advice_at_the_generator_s_limit_names_the_bound() -> None:
    """A stack that is at least twice as fast is advised with that bound alone."""
    found = bounded_table(blocks("fast", [2100, 2150, 2120, 2130, 2110], "void", [FULL]))["fast"]
    advice = advise([found], AdviceInputs({"fast": Migration("rewrite", "Move to FastAPI")}, {"rewrite": 5}, {}))
    assert (advice.kind, advice.stack, advice.proven, advice.high) == ("change", "fast", True, None)
    assert advice.low == found.low
    assert "at least 2.1x" in advice.sentence


def test_a_stack_that_fails_more_is_not_faster_without_a_size_either() -> None:
    """Half of the requests failed: every block is eight times as fast, and the verdict stays open, with no word."""
    failing = [
        replace(
            each,
            measurement=replace(
                each.measurement, failed=each.measurement.succeeded, requests=2 * each.measurement.succeeded
            ),
        )
        for each in blocks("fast", EIGHT, "noisy")
    ]
    found = noisy_table(failing)
    assert found.failures is not None
    assert (found.verdict, found.size) == ("inconclusive", None)
