"""The estimate of the time that is left, held against runs whose course is known."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from stackduel.report.terminal.remaining_time import RemainingSearchTime, RemainingTime

LAUNCH_S, TRIAL_S = 1.0, 4.0
STACKS = ("a", "b", "c", "a.twin")


class Course:
    """A run of blocks in which each stack takes a multiple of its plan, with repeated attempts."""

    def __init__(self, blocks: int, slower: dict[str, float], repeats: float, seed: int, scenarios: int = 2) -> None:
        self.now_s = 0.0
        self._random = random.Random(seed)
        self._scenarios = scenarios
        planned = dict.fromkeys(STACKS, blocks * (LAUNCH_S + scenarios * TRIAL_S))
        self.clock = RemainingTime(planned, lambda: self.now_s)
        self._blocks, self._slower, self._repeats = blocks, slower, repeats
        self.seen: list[tuple[int, float, float]] = []
        for block in self._measure():
            self.seen.append((block, self.now_s, self.clock.left_s()))

    def _measure(self) -> Iterator[int]:
        for block in range(1, self._blocks + 1):
            for stack in self._random.sample(STACKS, len(STACKS)):
                self.clock.begin_step(stack, LAUNCH_S + self._scenarios * TRIAL_S)
                self.clock.begin_part(LAUNCH_S)
                yield from self._pass(block, LAUNCH_S)
                self.clock.pass_by(LAUNCH_S)
                for _ in range(self._scenarios):
                    for attempt in (1, 2, 3):
                        self.clock.begin_part(TRIAL_S, repeats=attempt > 1)
                        yield from self._pass(block, TRIAL_S * self._slower[stack] * self._random.uniform(0.95, 1.05))
                        if attempt == 1:
                            self.clock.pass_by(TRIAL_S)
                        if self._random.random() >= self._repeats:
                            break

    def _pass(self, block: int, seconds: float) -> Iterator[int]:
        for _ in range(10):
            self.now_s += seconds / 10
            yield block

    def after_block(self, number: int) -> list[tuple[float, float]]:
        """Return what was estimated and what was true, at each moment after a block."""
        return [(left_s, self.now_s - at_s) for block, at_s, left_s in self.seen if block > number]


@pytest.mark.parametrize(
    "slower",
    [
        dict.fromkeys(STACKS, 1.0),
        dict.fromkeys(STACKS, 2.5),
        {"a": 4.0, "b": 0.5, "c": 1.0, "a.twin": 4.0},
    ],
)
@pytest.mark.parametrize("blocks", [2, 5])
def test_the_estimate_is_right_within_a_fifth_after_the_first_block(slower: dict[str, float], blocks: int) -> None:
    """Stacks that are slower or faster than planned, in any order: what was learnt of each holds for the rest."""
    for seed in range(20):
        for estimated_s, true_s in Course(blocks, slower, 0.0, seed).after_block(1):
            assert abs(estimated_s - true_s) <= 0.2 * true_s + 3.0


def test_repeated_attempts_are_expected_to_go_on() -> None:
    """Where every trial takes three attempts, the rest does, too."""
    for seed in range(20):
        for estimated_s, true_s in Course(5, dict.fromkeys(STACKS, 1.0), 1.0, seed).after_block(1):
            assert abs(estimated_s - true_s) <= 0.2 * true_s + TRIAL_S


@pytest.mark.parametrize("repeats", [0.3, 0.6, 1.0])
def test_repeats_are_foreseen_from_the_first_trials_on(repeats: float) -> None:
    """On a busy host the estimate includes the repeats to come, long before the first stack is done.

    How many come is chance: the mean error of runs that differ by chance alone is small, and few runs are far off.
    """
    errors: list[float] = []
    for seed in range(20):
        course = Course(2, dict.fromkeys(STACKS, 1.0), repeats, seed, scenarios=12)
        total_s = course.now_s
        at_s, left_s = next((at_s, left_s) for _, at_s, left_s in course.seen if at_s > 0.08 * total_s)
        errors.append(left_s / (total_s - at_s) - 1)
    assert abs(sum(errors) / len(errors)) < 0.1
    assert sum(abs(each) > 0.35 for each in errors) <= 2


@pytest.mark.parametrize("repeats", [0.3, 0.6])
def test_with_repeats_the_estimate_is_right_within_a_fifth_after_the_first_block(repeats: float) -> None:
    """In nineteen of twenty moments, as how many trials are still to be repeated is chance."""
    far = seen = 0
    for seed in range(5):
        for estimated_s, true_s in Course(5, dict.fromkeys(STACKS, 1.0), repeats, seed, scenarios=12).after_block(1):
            seen += 1
            far += abs(estimated_s - true_s) > 0.2 * true_s + 2 * TRIAL_S
    assert far <= 0.05 * seen


@pytest.mark.parametrize("repeats", [0.0, 0.5, 1.0])
def test_as_long_as_anything_goes_on_there_is_time_left(repeats: float) -> None:
    """Never "about 0 s left", in no block, however long the last step takes."""
    for seed in range(10):
        course = Course(2, {"a": 9.0, "b": 0.2, "c": 1.0, "a.twin": 30.0}, repeats, seed)
        assert min(left_s for _, _, left_s in course.seen) >= 1.0


def test_what_takes_longer_than_expected_is_expected_to_take_a_while() -> None:
    """A trial that hangs for minutes is not about to end."""
    now = [0.0]
    clock = RemainingTime({"a": 10.0}, lambda: now[0])
    clock.begin_step("a", 10.0)
    clock.begin_part(10.0)
    left = []
    for now[0] in (0.0, 4.0, 10.0, 300.0):
        left.append(clock.left_s())
    assert left == [10.0, 6.0, 1.0, 30.0]


def test_a_search_that_goes_on_beyond_its_plan_has_time_left() -> None:
    """How many steps it takes is unknown: a tenth of what it took."""
    now = [0.0]
    clock = RemainingTime({"": 20.0}, lambda: now[0])
    for _ in range(10):
        clock.begin_step("any", 10.0)
        now[0] += 10.0
        clock.pass_by(10.0)
    assert clock.left_s() == pytest.approx(9.0, abs=1.0)


def test_more_blocks_are_more_time() -> None:
    """At the pace of each stack so far."""
    now = [0.0]
    clock = RemainingTime({"a": 10.0, "b": 10.0}, lambda: now[0])
    for stack, seconds in (("a", 20.0), ("b", 10.0)):
        clock.begin_step(stack, 10.0)
        now[0] += seconds
    clock.begin_step("", 0.0)
    assert clock.left_s() == 1.0
    clock.plan_more({"a": 10.0})
    assert clock.left_s() == 20.0
    assert clock.share == pytest.approx(2 / 3)


def test_the_time_of_a_search_goes_by_the_clock() -> None:
    """However many loads it tries in a step, and however often: what is promised is time, not a number of windows."""
    now = [0.0]
    clock = RemainingSearchTime({"": 300.0}, lambda: now[0])
    left = []
    for _ in range(4):
        clock.begin_step("any", 3.5)
        for attempt in range(3):
            clock.begin_part(3.0, repeats=attempt > 0)
            now[0] += 25.0
        clock.pass_by(3.0)
        left.append(clock.left_s())
    assert left == [225.0, 150.0, 75.0, 1.0]
    assert clock.share == pytest.approx(300 / 301)
    now[0] += 40.0
    assert clock.left_s() == 40.0, "what has taken too long takes as long again"


def test_a_search_that_ends_early_gives_its_time_back() -> None:
    """The others still have theirs."""
    now = [30.0]
    clock = RemainingSearchTime({"": 300.0}, lambda: now[0])
    now[0] = 50.0
    clock.plan_more({"": -130.0})
    assert clock.left_s() == 150.0
