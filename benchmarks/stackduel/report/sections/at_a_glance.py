"""The results of a run in one table: rates and latencies beside speedups, verdicts and what limits each stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.result_rows import ResultRow, tables
from stackduel.model.aa_pair import is_twin
from stackduel.model.counted import counted
from stackduel.model.histogram import percentile_ms
from stackduel.model.run import Run
from stackduel.model.trial import Failure
from stackduel.report.sections.blocks import Block, Failures, Grid, Legend, Meaning, Paragraph, Section
from stackduel.report.sections.figures import DASH, comparison_word, cost_interval_text, figure, speedup_text
from stackduel.report.sections.pair import pair_of
from stackduel.report.sections.result_table import COST_MEANING, rate_text

# Two scenarios of seven stacks; of more rows those of the pair stand here, and all others further below.
MOST_ROWS = 14
HEADINGS = (
    "scenario", "stack", "tier", "req/s", "p50 ms", "p99 ms", "events/s", "event p99 ms", "us/event", "failed",
    "CPU ms", "cost/M", "speedup", "verdict", "limited by",
)  # fmt: skip
# Left out on a telephone; the tables of the scenarios have them.
LEAST_NEEDED = ("tier", "p50 ms", "CPU ms", "events/s", "limited by")
WORDS = frozenset({"scenario", "stack", "tier", "verdict", "limited by"})
MEANINGS = (
    Meaning(
        "p50 ms, p99 ms",
        "half and 99 % of the requests took at most this long",
        frozenset({"p50 ms", "p99 ms"}),
    ),
    Meaning("event p99 ms", "from due to read, 99 % of the events took at most this long", frozenset({"event p99 ms"})),
    Meaning("us/event", "CPU microseconds of the server an event, at the rate of events/s", frozenset({"us/event"})),
    Meaning("failed", "share of the requests without a right answer", frozenset({"failed"})),
    Meaning("CPU ms", "of the server, for a request", frozenset({"CPU ms"})),
    COST_MEANING,
    Meaning(
        "speedup",
        "over the baseline, paired block by block (so not exactly the quotient of the rates shown), with an interval "
        "of 95 % confidence over all comparisons together",
        frozenset({"speedup"}),
    ),
    Meaning("limited by", "the ceiling that was reached", frozenset({"limited by"})),
)


def sections(run: Run) -> Iterator[Section]:
    """Yield the table, and what could not be measured, of a run that compared stacks."""
    if not run.suite.search:
        yield Section("results", "Results", tuple(_blocks(run)), prominent=True)


def shows_all(run: Run) -> bool:
    """Return whether the table has every stack in every scenario."""
    return len(_stacks(run)) * len(run.suite.compared) <= MOST_ROWS


def _blocks(run: Run) -> Iterator[Block]:
    grid = overview(run)
    if grid.rows:
        yield from (grid, Legend(grid.headings, MEANINGS))
        if not shows_all(run):
            yield Paragraph("Only the baseline and what the advice is about; All stacks has the others.")
    if pair_of(run) is None:
        yield Paragraph(f"Nothing was measured beside {run.baseline}, so there is nothing to compare.")
    if failures := tuple(_not_measured(run)):
        yield Failures(failures)


def overview(run: Run) -> Grid:
    """Return a row a scenario and stack, without the columns that say nothing; the twin stands elsewhere."""
    shown = _stacks(run) if shows_all(run) else _of_the_pair(run)
    rows = tuple(
        (table.scenario.name, *_cells(row, run.baseline))
        for table in tables(run)
        for row in sorted((row for row in table.rows if row.stack in shown), key=lambda row: shown.index(row.stack))
    )
    grid = Grid("Results", HEADINGS, rows, WORDS, least_needed=LEAST_NEEDED).without_empty_columns()
    return grid if len(run.suite.compared) > 1 else grid.without("scenario")


def _stacks(run: Run) -> Sequence[str]:
    return [name for name in run.stacks if not is_twin(name)]


def _of_the_pair(run: Run) -> Sequence[str]:
    pair, advice = pair_of(run), run.advice.run if run.advice else None
    named = (run.baseline, *((pair.first, pair.second) if pair else ()), advice.best if advice else None)
    return list(dict.fromkeys(name for name in named if name))


def _cells(row: ResultRow, baseline: str) -> tuple[str, ...]:
    compared, streams = row.comparison, row.streams
    # Of streams the rate and the latency are those of their timetable.
    own = (rate_text(row), figure(row.latency.p50), figure(row.latency.p99)) if streams is None else (DASH,) * 3
    return (
        row.stack,
        row.tier,
        *own,
        figure(streams.events_per_s) if streams else DASH,
        figure(percentile_ms(streams.figures.added, 0.99)) if streams else DASH,
        figure(streams.cpu_us.point) if streams and streams.cpu_us else DASH,
        _share(row.failed, row.failed + row.succeeded),
        figure(row.cpu_ms_per_request) if streams is None else DASH,
        cost_interval_text(row.cost),
        "1" if row.stack == baseline else speedup_text(compared),
        DASH if compared is None else comparison_word(compared),
        row.binds or DASH,
    )


def _share(failed: int, requests: int) -> str:
    return f"{100 * failed / requests:.2g} %" if failed else "0"


def _not_measured(run: Run) -> Iterator[tuple[str, str]]:
    """Yield in how many trials of which scenarios each stack could not be measured, and the latest reason."""
    by_stack: dict[str, list[Failure]] = {}
    for each in run.results:
        if isinstance(each, Failure) and each.state == "failed":
            by_stack.setdefault(each.place.stack, []).append(each)
    for stack, failures in by_stack.items():
        where = ", ".join(dict.fromkeys(each.place.scenario for each in failures))
        latest = ", the latest" if len({each.reason for each in failures}) > 1 else ""
        yield f"{stack}, {where}: {counted(len(failures), 'trial')} not measured{latest}", failures[-1].reason
