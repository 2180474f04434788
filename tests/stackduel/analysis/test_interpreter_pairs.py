"""Each stack on another interpreter is compared with itself on the first one, by the margin of the run's A/A pair."""

from __future__ import annotations

import pytest

from stackduel.analysis.interpreter_pairs import interpreter_pairs
from stackduel.model.trial import Trial
from tests.stackduel.makers import run, trial

RATES = {"flask@3.11": 1000, "flask@3.11.twin": 1000, "flask@3.13": 1200, "quart@3.11": 3000, "quart@3.13": 2400}


def trials() -> list[Trial]:
    """Five blocks in which only the blocks differ a little."""
    return [trial(stack, requests + block, block=block) for block in range(1, 6) for stack, requests in RATES.items()]


def test_a_stack_is_compared_with_itself_on_the_first_interpreter() -> None:
    """Not with the baseline of the run, which is another stack; the risk is that of all pairs together."""
    stacks = dict.fromkeys(RATES, "rewrite")
    first, second = interpreter_pairs(run(trials(), stacks))
    assert (first.candidate, first.baseline) == ("flask@3.13", "flask@3.11")
    assert first.speedup == pytest.approx(1.2, rel=0.01)
    assert (second.candidate, second.baseline) == ("quart@3.13", "quart@3.11")
    assert second.speedup == pytest.approx(0.8, rel=0.01)
    assert (first.verdict, second.verdict) == ("faster", "slower")
    assert first.margin is not None
    assert first.margin == second.margin


def test_without_interpreters_there_is_nothing_to_compare() -> None:
    """Stacks of other runs have no such names."""
    assert interpreter_pairs(run([trial("slow", 100), trial("fast", 200)])) == ()
