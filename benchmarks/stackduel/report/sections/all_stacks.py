"""Every stack of a run in one table: its speedup in each scenario, and the migration matrix's verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from stackduel.analysis.matrix import migrations
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison
from stackduel.model.run import Run
from stackduel.report.sections.at_a_glance import shows_all
from stackduel.report.sections.blocks import Grid, Paragraph, Section
from stackduel.report.sections.figures import DASH, comparison_word, speedup_text
from stackduel.report.sections.migration_matrix import matrix_note, verdict_on

# More columns than this are hard to read.
MOST_SCENARIOS = 4
VERDICTS = ("faster", "slower", "equivalent", "inconclusive")


def sections(run: Run) -> Iterator[Section]:
    """Yield the table of all stacks, where the table of results has no room for them."""
    if not run.suite.search and not shows_all(run) and (grid := overview(run)) is not None:
        yield Section("all-stacks", "All stacks", (grid, Paragraph(f"{_WHAT} {matrix_note(run)}")))


def overview(run: Run) -> Grid | None:
    """Return a row a stack: a column a scenario if these are few, else the lowest and highest speedup and the verdicts.

    None where nothing was compared.
    """
    if not run.comparisons:
        return None
    scenarios = [scenario.name for scenario in run.suite.compared]
    by_stack = {
        name: [each for each in run.comparisons if each.candidate == name]
        for name in run.stacks
        if name != run.baseline
    }
    few = len(scenarios) <= MOST_SCENARIOS
    between = scenarios if few else ["lowest", "highest", *VERDICTS]
    means = {each.candidate: each for each in migrations(run.comparisons)}
    rows = []
    for name, about in run.stacks.items():
        tier, comparisons = about.tier, by_stack.get(name, [])
        if name == run.baseline:
            cells = ["1"] * len(scenarios) if few else ["1", "1", *[DASH] * len(VERDICTS)]
        else:
            cells = _of_each(comparisons, scenarios) if few else _of_all(comparisons)
        mean = means.get(name)
        mean_cells = (mean.mean.figures, verdict_on(mean, tier)) if mean else (DASH, DASH)
        rows.append((name, tier, *cells, *mean_cells))
    words = frozenset({"stack", "tier", "in a word", *(scenarios if few else ())})
    headings = ("stack", "tier", *between, "mean", "in a word")
    return Grid("All stacks", headings, tuple(rows), words).without_empty_columns()


_WHAT = (
    "Speedups over the baseline, above 1 is better; in brackets the interval, whose confidence of 95 % is that of all "
    "comparisons of the run together. The mean over the scenarios is that of the advice."
)


def _of_each(comparisons: Sequence[Comparison], scenarios: Sequence[str]) -> list[str]:
    by_scenario = {each.scenario: each for each in comparisons}
    return [_cell(by_scenario.get(name)) for name in scenarios]


def _cell(compared: Comparison | None) -> str:
    text = speedup_text(compared)
    if compared is None or compared.verdict == "not tested" or is_twin(compared.candidate):
        return text
    word = comparison_word(compared)
    # A word that says its own size stands alone.
    return word if compared.size and compared.verdict in {"faster", "slower"} else f"{text} {word}"


def _of_all(comparisons: Sequence[Comparison]) -> list[str]:
    if not comparisons:
        return [DASH] * (2 + len(VERDICTS))
    ordered = sorted(comparisons, key=lambda each: each.speedup)
    counts: Counter[str] = Counter(
        each.verdict for each in comparisons if each.verdict in VERDICTS and not is_twin(each.candidate)
    )
    verdicts = [str(counts[verdict]) if counts else DASH for verdict in VERDICTS]
    return [speedup_text(ordered[0]), speedup_text(ordered[-1]), *verdicts]
