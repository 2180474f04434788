"""Insights beyond a pair's rows: each rule on figures whose truth is known, and how they are told together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from stackduel.analysis.conclusion import conclude
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Victim
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.trial import Cost, Trial
from stackduel.report.sections.merged_insights import Insight, merged
from stackduel.report.sections.pair import Pair
from stackduel.report.sections.stack_insights import best_unmigrated, by_stack, stack_insights
from tests.stackduel.makers import CALLING, WAITING, run, trial

TIERS = {"slow": "baseline", "tuned": "settings", "fast": "rewrite", "wrong": "control", "slow.twin": "A/A"}
PAIR = Pair("slow", "fast", "")


def concluded(results: Sequence[Trial]) -> Run:
    stacks = dict.fromkeys(each.place.stack for each in results)
    return conclude(run(results, {name: TIERS[name] for name in stacks}, (WAITING, CALLING)), block_s=60)


def measured(blocks: int = 5, **rates: int) -> list[Trial]:
    return [
        trial(stack, rate + block % 2, block=block)
        for block in range(1, blocks + 1)
        for stack, rate in {**rates, "slow.twin": rates["slow"]}.items()
    ]


def insight_text(made: Run) -> str:
    return "\n".join(f"{scenario}: {insight}" for scenario, insight in stack_insights(made, PAIR))


@pytest.mark.parametrize(
    ("tuned", "fast", "word"), [(390, 400, "keeps up with"), (120, 400, "falls short of"), (400, 401, "keeps up with")]
)
def test_a_change_without_a_migration_is_held_beside_the_migration(tuned: int, fast: int, word: str) -> None:
    """By the intervals: its lower bound reaches nine tenths of the other's speed, or its upper one not the other's."""
    made = concluded(measured(slow=100, tuned=tuned, fast=fast))
    assert f"Without a migration, tuned (settings) {word} fast: " in insight_text(made)
    assert "(speedup)" in insight_text(made)


def test_wide_intervals_leave_it_open() -> None:
    """It may keep up, and may not."""
    results = measured(slow=100, fast=400)
    results += [trial("tuned", rate, block=block) for block, rate in enumerate((200, 600, 300, 500, 400), 1)]
    assert "tuned (settings) may keep up with fast" in insight_text(concluded(results))


def test_without_intervals_or_on_a_noisy_host_nobody_keeps_up() -> None:
    """The figures are told, and what they are worth."""
    assert "tuned (settings) is (not tested) beside fast: 3.89x against" in insight_text(
        concluded(measured(2, slow=100, tuned=390, fast=400))
    )
    noisy = [replace(each, state="noisy") if each.place.stack == "tuned" else each for each in
             measured(slow=100, tuned=390, fast=400)]  # fmt: skip
    assert "is (noisy) beside fast" in insight_text(concluded(noisy))


@pytest.mark.parametrize(
    ("rate", "word"), [(50, "makes it slower"), (100, "gains nothing"), (200, "gains something even so")]
)
def test_the_verdict_describes_a_wrong_migration(rate: int, word: str) -> None:
    """Slower, equivalent or faster than what it was to replace."""
    made = concluded(measured(slow=100, fast=400, wrong=rate))
    assert f"The wrong migration, wrong, {word}: " in insight_text(made)


def test_an_inconclusive_control_gives_no_sentence() -> None:
    """It is neither slower nor equal, for all that is known."""
    results = measured(slow=100, fast=400)
    results += [trial("wrong", rate, block=block) for block, rate in enumerate((50, 200, 80, 150, 100), 1)]
    assert "The wrong migration" not in insight_text(concluded(results))


def test_a_stack_at_its_ceiling_learns_what_would_raise_it() -> None:
    """Two slots and ten connections that wait 100 ms: 20 and 100 requests a second."""
    made = concluded(measured(slow=40, fast=196))
    stacks = {**made.stacks, "slow": StackFacts("baseline", waiting_slots=2)}
    made = conclude(replace(made, stacks=stacks), block_s=60)
    text = insight_text(made)
    assert (
        "slow is limited by the number of waiting slots: more slots would help, faster code would not (20.5 of" in text
    )
    assert (
        "fast is limited by the number of connections: with this number of clients no server can be faster (98.5 of"
        in text
    )
    both = insight_text(concluded(measured(slow=192, fast=196)))
    assert "Both are limited by the number of connections" in both


def test_less_cpu_and_memory_have_to_be_less_in_every_block() -> None:
    """One block the other way round, or a twentieth, says nothing; nor do four blocks."""
    text = insight_text(concluded(costing(0.5, 1.0)))
    assert (
        "fast takes less CPU for a request than slow, in every block: 5.00 ms against 10.0 (50 % less). (CPU)" in text
    )
    assert "fast holds less memory than slow, in every block: 50.0 MiB against 100 (50 % less). (MiB)" in text
    turned = costing(0.5, 1.0)
    turned[0] = replace(turned[0], cost=Cost(2.0, 200.0))
    assert "in every block" not in insight_text(concluded(turned))
    assert "in every block" not in insight_text(concluded(costing(0.95, 1.0)))
    assert "in every block" not in insight_text(concluded(costing(0.5, 1.0, blocks=4)))


def costing(fast: float, slow: float, blocks: int = 5) -> list[Trial]:
    """A hundred requests a block, at so many CPU seconds and a hundred times as many MiB."""
    return [
        trial(stack, 100, block=block, cost=Cost(cost, 100 * cost))
        for block in range(1, blocks + 1)
        for stack, cost in (("fast", fast), ("slow", slow))
    ]


def test_the_victim_of_the_load_shows_which_stack_disturbs_more() -> None:
    """Twice as long in every block is worth a word, and half as long again is not."""
    assert "Requests beside the load wait longer on slow, in every block: 50.0 ms in the median" in insight_text(
        concluded(beside(50.0, 10.0))
    )
    assert "beside the load" not in insight_text(concluded(beside(15.0, 10.0)))


def beside(slow_ms: float, fast_ms: float) -> list[Trial]:
    found = []
    for each in measured(slow=100, fast=200):
        latency_ms = fast_ms if each.place.stack == "fast" else slow_ms
        victim = Victim("GET /health", 20, 0, Histogram.of(np.full(20, latency_ms * 1e6, dtype=np.int64)))
        found.append(replace(each, measurement=replace(each.measurement, victim=victim)))
    return found


def test_the_best_without_a_migration_is_none_of_the_pair() -> None:
    """Neither the twin, nor a rewrite, nor a control."""
    made = concluded(measured(slow=100, tuned=200, fast=400, wrong=300))
    compared = by_stack(made.comparisons)
    assert best_unmigrated(made, PAIR, compared) == "tuned"
    assert best_unmigrated(made, Pair("slow", "tuned", ""), compared) is None


def test_one_scenario_gets_whole_sentences() -> None:
    """As the duel of one scenario tells it."""
    insight = Insight(("QPS",), "fast serves more: 2x.", "fast serves more", "2x")
    assert list(merged([("a", insight)], 1)) == ["fast serves more: 2x. (QPS)"]


def test_the_same_sentence_of_several_scenarios_appears_once() -> None:
    """With the figures of each, and the names of those scenarios where there are no figures."""
    told = [(name, Insight(("QPS",), "", "fast serves more", f"{times}x")) for times, name in enumerate("abc", 2)]
    assert list(merged(told, 3)) == ["fast serves more. In a 2x; in b 3x; in c 4x (QPS)"]
    quiet = [(name, Insight(("failed",), "Neither fails.")) for name in "ab"]
    assert list(merged(quiet, 2)) == ["Neither fails. (failed; every scenario)"]
    assert list(merged(quiet, 3)) == ["Neither fails. (failed; a, b)"]
    many = [(f"s{place}", Insight(("QPS",), "", "fast", "2x")) for place in range(10)]
    assert next(iter(merged(many, 10))).endswith("in s5 2x; and 4 more (QPS)")
