"""Failures count: a stack that is shown to fail more is never faster, has no word of the matrix and no advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from stackduel.analysis.advice_sentences import not_tested
from stackduel.analysis.comparisons import compare
from stackduel.analysis.conclusion import conclude
from stackduel.analysis.failure_shares import commonest_failure, failure_excess, trials_with_requests
from stackduel.analysis.matrix import migrations
from stackduel.model.advice import Advice
from stackduel.model.comparison import Comparison, FailureSuspicion
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.trial import Gate, HostNoise, Trial
from stackduel.report.sections.advice import answer
from stackduel.report.sections.figures import comparison_word
from tests.stackduel.makers import run, trial

FIVE = range(1, 6)


def measured(
    fast_failed: Sequence[int], slow_failed: Sequence[int] = (0,) * 5, fast: int = 2400, slow: int = 100
) -> list[Trial]:
    """The baseline, its twin and a candidate, which fail so many requests besides those answered rightly."""
    return [
        each
        for block, (lost, other) in enumerate(zip(fast_failed, slow_failed, strict=True), 1)
        for each in (
            trial("slow", slow, block=block, failed=other),
            trial("slow.twin", slow, block=block, failed=other),
            trial("fast", fast, block=block, failed=lost),
        )
    ]


def compared(trials: Sequence[Trial]) -> Comparison:
    return next(
        each for each in compare(trials, "slow", {"slow": 1, "slow.twin": 1, "fast": 1}) if each.candidate == "fast"
    )


def concluded(trials: Sequence[Trial]) -> Run:
    tiers = {"slow": "baseline", "slow.twin": "A/A", "fast": "rewrite", "sound": "framework"}
    facts = {name: StackFacts(tier) for name, tier in tiers.items()}
    return conclude(replace(run(trials), stacks=facts), block_s=60)


def advice(trials: Sequence[Trial]) -> Advice:
    found = concluded(trials).advice
    assert found is not None
    return found.run


def test_every_second_request_failed_is_not_24_times_as_fast() -> None:
    """The issue's own case: a fast 500 on every second request."""
    trials = measured([2400, 2410, 2390, 2405, 2395])
    found = compared(trials)
    assert found.speedup == pytest.approx(24.0)
    assert found.verdict == "inconclusive"
    assert found.failures is not None
    assert found.failures.share == pytest.approx(0.5, abs=0.001)
    assert found.failures.baseline_share == 0.0
    assert found.failures.outcome == "status"
    (entry,) = migrations([found])
    assert (entry.word, entry.benefit) == ("fails more requests than the baseline", False)
    said = advice(trials)
    assert (said.kind, said.stack) == ("no change", None)
    assert said.sentence == (
        "No change is worth making: fast fails 50 % of its requests in waiting (status), slow 0 %."
    )


def test_without_the_failures_the_same_stack_is_advised() -> None:
    """The same rates of right answers, with none failed."""
    trials = measured([0] * 5)
    assert (compared(trials).verdict, compared(trials).failures) == ("faster", None)
    assert advice(trials).stack == "fast"


def test_a_stack_that_fails_more_leaves_the_advice_to_others() -> None:
    """The advice names the next one, and why the failing one is left out."""
    trials = [*measured([2400] * 5), *(trial("sound", 300 + block, block=block) for block in FIVE)]
    found = advice(trials)
    assert found.stack == "sound"
    assert str(found.reason).endswith("Left out: fast fails 50 % of its requests in waiting (status), slow 0 %.")


def test_what_both_fail_alike_is_no_reason_against_either() -> None:
    """Shares are compared with the baseline's, block by block."""
    assert compared(measured([240, 250, 230, 240, 240], [10, 10, 10, 10, 10])).failures is None


def test_a_failure_in_a_thousand_is_tolerated_and_a_little_more_is_not() -> None:
    """The bound is 0.1 percentage points."""
    assert compared(measured([2] * 5, fast=1998)).failures is None
    assert compared(measured([3] * 5, fast=1997)).failures is not None


def test_one_bad_block_of_five_shows_nothing() -> None:
    """By blocks: failures of a single block may be an accident of that block."""
    assert compared(measured([2400, 0, 0, 0, 0])).failures is None


def test_slower_stays_slower() -> None:
    """A stack that is slower and fails more is still slower, and says both."""
    found = compared(measured([20, 21, 19, 20, 22], fast=50))
    assert found.verdict == "slower"
    assert found.failures is not None


def test_a_word_without_a_size_does_not_hide_failures() -> None:
    """On a noisy host a stack that is faster in every block, and fails, is inconclusive, and so for conditions."""
    noise = HostNoise(0.0, 0.4, 0.0, 0.0)
    noisy = [replace(each, state="noisy", noise=noise) for each in measured([0] * 5)]
    assert (compared(noisy).verdict, compared(noisy).size) == ("faster", "uncertain")
    failing = [replace(each, state="noisy", noise=noise) for each in measured([2400] * 5)]
    found = compared(failing)
    assert (found.verdict, found.size) == ("inconclusive", None)
    assert found.failures is not None
    assert found.low is not None


def test_every_form_says_that_it_fails_more() -> None:
    """In the words of the table, whatever the verdict."""
    failing, slower = compared(measured([2400] * 5)), compared(measured([20] * 5, fast=50))
    assert comparison_word(failing) == "fails more"
    assert comparison_word(slower) == "slower"


def test_fewer_than_five_blocks_show_nothing() -> None:
    """There is no verdict either."""
    found = compared(measured([2400] * 4, [0] * 4))
    assert (found.verdict, found.failures) == ("not tested", None)


def test_a_lower_bound_of_a_rate_does_not_hide_failures() -> None:
    """Trials at the generator's limit count for the shares, as they may count for the word *faster*."""

    limit = Gate("headroom", False, "Too fast for the generator.")
    trials = [
        replace(each, state="void", gates=(limit,), reason=limit.detail) if each.place.stack == "fast" else each
        for each in measured([2400] * 5)
    ]
    found = failure_excess(trials_with_requests(trials), "waiting", "fast", "slow", 1)
    assert found is not None
    assert all(each.verdict != "faster" for each in compare(trials, "slow"))


def test_the_commonest_outcome_is_named() -> None:
    """Of all that did not get a right answer."""
    one = trial("fast", 5, failed=3)
    counts = {"ok": 5, "reset": 1, "timeout": 2}
    assert commonest_failure([replace(one, measurement=replace(one.measurement, outcomes=counts))]) == "timeout"
    assert commonest_failure([trial("fast", 5)]) is None


def test_equal_shares_are_rarely_told_apart() -> None:
    """Where both fail a tenth of their requests, differently from block to block, 5 % of the runs at most say so."""
    draw, said, runs = np.random.default_rng(3), 0, 1000
    for _ in range(runs):
        shares = np.clip(draw.normal(0.1, 0.03, (2, 5)), 0, 1)
        failed = (shares * 10_000).astype(int)
        trials = {
            "waiting": {
                name: {block: trial_of(name, block, int(lost)) for block, lost in enumerate(failed[side], 1)}
                for side, name in enumerate(("slow", "fast"))
            }
        }
        said += failure_excess(trials, "waiting", "fast", "slow", 1) is not None
    assert scipy.stats.binomtest(said, runs, 0.05, alternative="greater").pvalue > 0.01


TEMPLATE = trial("any", 1)


def trial_of(stack: str, block: int, failed: int) -> Trial:
    """A trial of ten thousand requests, made without a histogram of its own."""
    window = replace(TEMPLATE.measurement, requests=10_000, failed=failed, succeeded=10_000 - failed)
    return replace(TEMPLATE, place=replace(TEMPLATE.place, stack=stack, block=block), measurement=window)


def test_what_failed_far_more_in_too_few_blocks_is_not_advised() -> None:
    """Two blocks test nothing: no word on its speed, but its failures, and how many blocks would test them."""
    done = concluded(measured([2400, 2410], (0, 0)))
    found = next(each for each in done.comparisons if each.candidate == "fast")
    assert found.failures is None
    assert found.suspected == FailureSuspicion(4810 / 9610, 0.0, "status", 5)
    assert comparison_word(found) == "may fail more"
    assert done.advice is not None
    assert done.advice.run.sentence == "Not tested: 2 blocks give no interval; 5 do (--blocks 5)."
    said = " ".join(answer(done).more)
    assert said == (
        "fast failed 50.1 % of its requests in waiting (status), slow 0 %; 5 blocks (--blocks 5) would show whether it "
        "fails more."
    )


def test_what_fails_far_more_now_and_then_is_not_advised() -> None:
    """One block of five with half its requests failed shows nothing, and yet no 24x is advised."""
    trials = measured([0, 0, 2400, 0, 0])
    found = compared(trials)
    assert (found.verdict, found.failures) == ("faster", None)
    assert found.suspected is not None
    assert found.suspected.blocks is not None
    assert 5 < found.suspected.blocks < 50
    said = advice(trials)
    assert (said.kind, said.stack) == ("inconclusive", None)
    blocks = found.suspected.blocks
    assert said.sentence == (
        f"Inconclusive: fast failed 16.7 % of its requests in waiting (status), slow 0 %; {blocks} blocks (--blocks "
        f"{blocks}) would show whether it fails more."
    )
    (entry,) = migrations([found])
    assert (entry.word, entry.benefit) == ("failed more requests, untested", False)


def test_a_sound_rival_of_a_suspect_is_advised() -> None:
    """And the reason says why the faster one is not."""
    sound = [trial("sound", 1200, block=block) for block in FIVE]
    said = advice([*measured([0, 0, 2400, 0, 0]), *sound])
    assert (said.kind, said.stack) == ("change", "sound")
    assert said.reason is not None
    assert "Not advised: fast failed 16.7 % of its requests" in said.reason


def test_a_few_failures_more_are_no_suspicion() -> None:
    """Up to one request in a hundred is a note, as before."""
    assert compared(measured([0, 0, 90, 0, 0])).suspected is None
    assert advice(measured([0, 0, 90, 0, 0])).stack == "fast"


def test_how_many_blocks_would_show_a_share_is_what_they_show() -> None:
    """With the same mean and spread, so many blocks make an excess of the suspicion, and one fewer does not."""
    few = [0, 1200, 0, 1200, 0, 0]
    found = compared(measured(few[:5]))
    assert found.suspected is not None
    needed = found.suspected.blocks
    assert needed is not None
    values = np.array([0, 1200 / 3600, 0, 1200 / 3600, 0])
    shown = [
        values.mean() - scipy.stats.t.ppf(0.95, count - 1) * values.std(ddof=1) / np.sqrt(count) > 0.001
        for count in (needed - 1, needed)
    ]
    assert shown == [False, True]


def test_one_block_gives_no_interval() -> None:
    """The verb agrees with the number; a stack alone has nothing to be compared with."""
    assert not_tested(()) == "Nothing to advise: no other stack was measured beside the baseline."
    one = replace(concluded(measured([2400, 2410], (0, 0))).comparisons[0], blocks=1)
    assert not_tested((one,)) == "Not tested: 1 block gives no interval; 5 do (--blocks 5)."
