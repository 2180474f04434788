"""What stands at the top of the page: the advice in one sentence, or what a search found (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.run import Run
from stackduel.report.sections.words import advice_lines


@dataclass(frozen=True, slots=True)
class Headline:
    """The one sentence, and those that stand below it."""

    sentence: str
    more: tuple[str, ...] = ()


def answer(run: Run) -> Headline:
    """The answer of a run, however far it came."""
    lines = advice_lines(run)
    if lines and lines[0]:
        return Headline(lines[0], tuple(lines[1:]))
    found = tuple(f"{each.stack}: {each.found.sentence}" for each in run.findings)
    if len(found) == 1:
        return Headline(found[0])
    if found:
        return Headline("What the search found, stack by stack:", found)
    return Headline("Nothing was measured from which advice could follow.")
