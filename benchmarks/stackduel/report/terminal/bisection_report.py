"""The result of a bisection in the terminal: the first bad commit, and every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison
from stackduel.model.duration import duration
from stackduel.report.sections.figures import speedup_text
from stackduel.report.terminal.page import Page
from stackduel.search.bisection import CommitJudgement

HEADINGS = ("commit", "is", "head / base", "time")


@dataclass(frozen=True, slots=True)
class BisectionStep:
    """A commit that was judged, and why; with the run and its comparisons, if there is one, and how long it took."""

    commit: str
    title: str
    judgement: CommitJudgement
    why: str
    took_s: float
    run_id: str | None = None
    comparisons: tuple[Comparison, ...] = ()

    @property
    def slowest(self) -> Comparison | None:
        """The comparison in which the commit is slowest, None without any."""
        candidates = [each for each in self.comparisons if not is_twin(each.candidate)]
        return min(candidates, key=lambda each: each.speedup, default=None)


def show(steps: Sequence[BisectionStep], suspects: Sequence[str] | None, console: Console) -> None:
    """Print the steps and the commits that may be the first bad one; None for these if the search did not end."""
    page = Page(console)
    if steps:
        rows = [(step.title, step.judgement, speedup_text(step.slowest), duration(step.took_s)) for step in steps]
        page.table(HEADINGS, rows, words={"commit", "is"})
        page.line()
    skipped = [step for step in steps if step.judgement == "skipped"]
    for step in skipped:
        page.item(f"skipped: {step.title}: {step.why}")
    _conclusion(steps, suspects, page)
    if runs := [step.run_id for step in steps if step.run_id]:
        page.paragraph(f"Runs, in the order of the table: {', '.join(runs)}")
    for step in _doubtful(steps) if suspects else ():
        page.item(
            f"{step.title} counts as good, but its interval reaches that of {steps[0].title}, so it may be bad: "
            "give each comparison more time (--time-budget)."
        )


def _doubtful(steps: Sequence[BisectionStep]) -> list[BisectionStep]:
    """Return the good commits that may be as slow as the bad one, which is the first step."""
    bad = steps[0].slowest if steps else None
    if bad is None or bad.high is None or bad.high >= 1:
        return []
    good = [(step, step.slowest) for step in steps if step.judgement == "good"]
    return [step for step, found in good if found is not None and found.low is not None and found.low <= bad.high]


def _conclusion(steps: Sequence[BisectionStep], suspects: Sequence[str] | None, page: Page) -> None:
    took = duration(sum(step.took_s for step in steps))
    if suspects is None:
        page.heading("Interrupted before the first bad commit was found.")
    elif not suspects and steps and steps[-1].judgement == "skipped":
        page.heading(f"Nothing was searched: {steps[-1].title} cannot be judged: {steps[-1].why}")
    elif not suspects:
        page.heading(f"Nothing is bad: {steps[-1].title} meets no condition: {steps[-1].why}")
    elif len(suspects) == 1:
        page.heading(f"The first bad commit is {suspects[0]} (found in {took})")
    else:
        page.heading(f"The first bad commit is one of these, as all but the last had to be skipped ({took}):")
        for each in suspects:
            page.item(each)
