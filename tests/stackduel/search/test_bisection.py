"""The search for the first bad one of many commits."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from stackduel.search.bisection import CommitJudgement, FirstBad, most_steps, search_first_bad

COMMITS = tuple(f"c{number}" for number in range(16))


def searched(first_bad: int, skipped: Collection[int] = (), commits: tuple[str, ...] = COMMITS) -> tuple[FirstBad, int]:
    """The result where all commits from ``first_bad`` on are bad, and how many were judged."""
    search, steps = search_first_bad(commits), 0
    judgement: CommitJudgement | None = None
    while True:
        try:
            commit = next(search) if judgement is None else search.send(judgement)
        except StopIteration as ended:
            return ended.value, steps
        place, steps = commits.index(commit), steps + 1
        judgement = "skipped" if place in skipped else "bad" if place >= first_bad else "good"


@pytest.mark.parametrize("first_bad", range(16))
def test_the_first_bad_commit_is_found_in_few_steps(first_bad: int) -> None:
    """Wherever it is, a logarithm of steps is enough."""
    found, steps = searched(first_bad)
    assert found.commit == f"c{first_bad}"
    assert steps <= most_steps(16) == 5


def test_a_last_commit_that_is_not_bad_ends_the_search() -> None:
    """There is nothing to look for after one step."""
    assert searched(16) == (FirstBad(()), 1)
    assert searched(0, skipped={15}) == (FirstBad(()), 1)


def test_skipped_commits_are_passed_over() -> None:
    """Those that are not beside the first bad one cost a step, and no certainty."""
    assert searched(9, skipped={7, 12})[0].commit == "c9"


def test_skipped_commits_before_the_first_bad_one_stay_suspects() -> None:
    """Nobody knows which of them it is."""
    found, _ = searched(9, skipped={7, 8})
    assert found.suspects == ("c7", "c8", "c9")
    assert found.commit is None


def test_a_single_commit_is_its_own_answer() -> None:
    """One step, and no more."""
    assert searched(0, commits=("c0",)) == (FirstBad(("c0",)), 1)
    assert most_steps(1) == 1


def test_no_commits_are_refused() -> None:
    """There is nothing that could be bad."""
    with pytest.raises(ValueError, match="no commits"):
        next(search_first_bad(()))
