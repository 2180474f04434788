"""The comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Place, Result
from stackduel.report.markdown.pull_request import CommitTitles, render
from tests.stackduel.makers import WAITING, run, trial

TITLES = CommitTitles("main (1a2b3c4d5e): Sell *lamps* @everybody", "the working tree: Sell <b>more</b>")
STACKS = {"base": "baseline", "head": "code", "base.twin": "A/A"}
DIVIDED = replace(WAITING, windows=10)


def compared(heads: Sequence[int], scenarios: Sequence[Scenario] = (DIVIDED,)) -> Run:
    """A run in which head answers so many requests in its blocks, and base 1,000."""
    trials: list[Result] = [
        trial(name, requests if name == "head" else 1000 + block % 2, block=block, scenario=scenario.name)
        for scenario in scenarios
        for block, requests in enumerate(heads, 1)
        for name in STACKS
    ]
    made = run(trials, STACKS, scenarios)
    return conclude(replace(made, suite=made.suite.with_blocks(len(heads))))


def test_a_slower_head_is_the_first_sentence() -> None:
    """The answer with its interval, a table, both commits, the A/A pair, and how far to trust it."""
    made = compared([900, 905, 895, 900, 905])
    judged = conditions_for(["speedup.high(head) < 0.95"], made).evaluate_on(made)
    lines = render(made, TITLES, judged).splitlines()
    assert lines[0] == "## stackduel: head against base"
    assert lines[2].startswith("**head is slower: 0.90x (")
    assert any(line.startswith("| waiting | 500 | 450 | 0.90x (") and "| slower |" in line for line in lines)
    text = "\n".join(lines)
    assert (
        "- condition met: speedup.high(head) &lt; 0.95" in text or "- condition met: speedup.high(head) < 0.95" in text
    )
    assert "base against itself" in text
    assert "5 launches of each side, 10 windows in each" in text
    assert "Launches enough to find a change of 10 %" in text


def test_words_from_outside_are_no_markup() -> None:
    """A commit's message neither makes bold, nor a tag, nor calls somebody."""
    text = render(compared([1000] * 5), TITLES, ())
    assert r"\*lamps\*" in text
    assert "&lt;b>more" in text
    assert "@everybody" not in text


def test_equal_commits_and_unclear_ones() -> None:
    """No difference is said only where it was shown."""
    assert "**No difference: head is as fast as base" in render(compared([1000, 1001] * 3), TITLES, ())
    unclear = render(compared([1000, 1040, 960, 1020, 980]), TITLES, (), "42m")
    assert "**No difference was shown; head may have from 0.9" in unclear
    assert "A change of 10 % may be missed" in unclear
    assert "try --time-budget 42m" in unclear


def test_a_host_that_shows_nothing_is_not_answered_with_hours() -> None:
    """More time does not help where launches differ so much; a quieter host does."""
    noisy = render(compared([1000, 1500, 600, 1300, 700]), TITLES, (), "500m")
    assert "for more time to help; wait for a quiet one" in noisy
    assert "500m" not in noisy


def test_the_comment_stays_short() -> None:
    """Less than 40 lines, however many requests, conditions and failures there are."""
    scenarios = [replace(DIVIDED, name=f"request-{number}") for number in range(40)]
    made = compared([900] * 5, scenarios)
    judged = conditions_for([f"p99(head) > {bound}ms" for bound in range(1, 30)], made).evaluate_on(made)
    failures = [Failure(Place("head", "request-1", 1, attempt), f"reason {attempt}\nmore") for attempt in range(2, 30)]
    lines = render(replace(made, results=(*made.results, *failures)), TITLES, judged).splitlines()
    assert len(lines) < 40
    assert "And 28 more requests: see report.html." in lines
    assert any("head was not measured: reason 2" in line for line in lines)


def test_a_run_that_measured_nothing_says_why() -> None:
    """Without trials there is no table, and the reason stands in the list."""
    made = replace(run([Failure(Place("head", "waiting", 1), "no such module")], STACKS, (DIVIDED,)), status="failed")
    text = render(made, TITLES, ())
    assert "**Nothing could be compared.**" in text
    assert "head was not measured: no such module" in text
    assert "|" not in text
    assert "launches of each side" not in text
    assert "Interrupted" in render(replace(made, status="interrupted"), TITLES, ())
