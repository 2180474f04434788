"""The first bad one of many commits, by halving what is left; commits that cannot be judged are passed over."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal

CommitJudgement = Literal["good", "bad", "skipped"]


@dataclass(frozen=True, slots=True)
class FirstBad:
    """The commits of which one is the first bad one, the oldest first: a single one, unless others were skipped.

    None at all if the last commit is not bad.
    """

    suspects: tuple[str, ...]

    @property
    def commit(self) -> str | None:
        """The first bad commit, None if it is not known."""
        return self.suspects[0] if len(self.suspects) == 1 else None


def search_first_bad(commits: Sequence[str]) -> Generator[str, CommitJudgement, FirstBad]:
    """Yield the commits to be judged, and return which is the first bad one.

    ``commits`` follow one that is good, the oldest first. The last is judged first: if it is not bad, there is nothing
    to look for. A commit after the first bad one is taken for bad, as in every bisection. Raises ValueError without
    commits.
    """
    if not commits:
        raise ValueError("there are no commits to search")
    if (yield commits[-1]) != "bad":
        return FirstBad(())
    good, bad = -1, len(commits) - 1
    skipped: set[int] = set()
    while open_ones := [place for place in range(good + 1, bad) if place not in skipped]:
        place = open_ones[len(open_ones) // 2]
        match (yield commits[place]):
            case "good":
                good = place
            case "bad":
                bad = place
            case "skipped":
                skipped.add(place)
    return FirstBad(tuple(commits[good + 1 : bad + 1]))


def most_steps(commits: int) -> int:
    """Return how many commits are judged at most if none is skipped, the last one included."""
    return 1 + math.ceil(math.log2(commits)) if commits > 1 else 1
