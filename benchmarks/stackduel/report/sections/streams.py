"""Event streams: when their events came, where the time went, what they cost, and how the streams ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stackduel.analysis.conditions.metrics import MetricValue
from stackduel.analysis.stream_rows import (
    StreamRow,
    mib_per_stream,
    scenarios_by_workload,
    stream_row,
    streams_of,
    timers_us,
)
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison
from stackduel.model.histogram import Histogram, LatencySummary, summarise
from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.report.sections import stream_charts
from stackduel.report.sections.blocks import Block, Grid, Legend, Meaning, Section, Sentences
from stackduel.report.sections.figures import DASH, comparison_word, figure, interval_text, speedup_text
from stackduel.report.sections.result_table import victim_text

WORDS = frozenset({"stack", "verdict", "cut after"})
TIME_HEADINGS = (
    "stack", "TTFT p50", "TTFT p99", "due-read p50", "p99", "p99.9", "due-made p99", "made-read p99", "gap p99",
    "TPOT p50", "stalls",
)  # fmt: skip
COST_HEADINGS = (
    "stack", "us/event", "proxy", "timers", "events/s", "MiB/stream", "merged", "complete", "cut", "cut after",
    "faulty", "heartbeats", "victim", "delay ratio", "verdict",
)  # fmt: skip
MEANINGS = (
    Meaning("TTFT", "time to the first event", frozenset({"TTFT p50", "TTFT p99"})),
    Meaning(
        "due-read p50, p99, p99.9",
        "the added delay, from the moment an event was due to its read",
        frozenset({"due-read p50", "p99", "p99.9"}),
    ),
    Meaning(
        "due-made, made-read",
        "its parts, the handler's lateness and the way, each measured event by event: percentiles do not add up",
        frozenset({"due-made p99", "made-read p99"}),
    ),
    Meaning("gap", "from the read of an event to that of the next (ITL)", frozenset({"gap p99"})),
    Meaning("TPOT", "the mean gap of a stream", frozenset({"TPOT p50"})),
    Meaning("stalls", "gaps above ten intervals", frozenset({"stalls"})),
)
COST_MEANINGS = (
    Meaning(
        "us/event",
        "server CPU microseconds an event, at the rate of events/s, with which it falls; in brackets its own interval",
        frozenset({"us/event"}),
    ),
    Meaning("proxy", "CPU microseconds an event of the proxy in front, apart from the server's", frozenset({"proxy"})),
    Meaning("timers", "of these, what the same timetable takes with nothing to send", frozenset({"timers"})),
    Meaning("MiB/stream", "the memory that each further stream took", frozenset({"MiB/stream"})),
    Meaning("merged", "events that came in one read with the one before", frozenset({"merged"})),
    Meaning("complete", "streams that came to their end", frozenset({"complete"})),
    Meaning("cut", "streams that ended before", frozenset({"cut"})),
    Meaning("cut after", "after how many events most of them did", frozenset({"cut after"})),
    Meaning("heartbeats", "comments read per stream", frozenset({"heartbeats"})),
    Meaning("faulty", "events missing, doubled, out of order or wrong", frozenset({"faulty"})),
    Meaning(
        "delay ratio",
        "how many times as short as the baseline's the p99 of due-read is, paired block by block",
        frozenset({"delay ratio"}),
    ),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One stack in one scenario."""

    stack: str
    row: StreamRow
    timers: MetricValue | None
    mib: float | None
    victim: LatencySummary
    delay: Comparison | None


def sections(run: Run) -> Iterator[Section]:
    """Yield the streams of a run that compared stacks, with charts."""
    yield from _sections(run, charts=True)


def tables_alone(run: Run) -> Iterator[Section]:
    """Yield the same without charts, for a form that has none."""
    yield from _sections(run, charts=False)


def _sections(run: Run, *, charts: bool) -> Iterator[Section]:
    if run.suite.search:
        return
    blocks: list[Block] = []
    legends: list[Grid] = []
    for group in scenarios_by_workload(run.suite.scenarios).values():
        if charts:
            blocks += stream_charts.by_load(run, group)
        for scenario in group:
            lines = list(_lines(run, scenario, group))
            if not lines:
                continue
            times, costs = _times(scenario, lines), _costs(scenario, lines, run.baseline)
            blocks += [times, costs]
            blocks += _remarks(lines)
            blocks += stream_charts.by_number(run, scenario) if charts else ()
            legends += [times, costs]
    if blocks:
        headings = tuple(dict.fromkeys(heading for grid in legends for heading in grid.headings))
        legend = Legend(headings, (*MEANINGS, *COST_MEANINGS))
        yield Section("streams", "The events of the streams", (*blocks, legend))


def _lines(run: Run, scenario: Scenario, group: Sequence[Scenario]) -> Iterator[_Line]:
    delays = _delays(run, scenario)
    place = group.index(scenario)
    for stack in run.stacks:
        trials = run.trials(scenario.name, stack)
        row = stream_row(trials)
        if row is None or is_twin(stack):
            continue
        fewer = group[0]
        more = streams_of(scenario) - streams_of(fewer)
        victims = [trial.measurement.victim.latency for trial in trials if trial.measurement.victim]
        yield _Line(
            stack=stack,
            row=row,
            timers=timers_us(trials, run.trials(scenario.idle, stack)) if scenario.idle else None,
            mib=mib_per_stream(trials, run.trials(fewer.name, stack), more) if place and more else None,
            victim=summarise(Histogram.sum(victims)),
            delay=delays.get(stack),
        )


def _delays(run: Run, scenario: Scenario) -> Mapping[str, Comparison]:
    """Return how the added delays of a scenario compare, by stack."""
    every = (*run.delays, *run.comparisons)
    here = [each for each in every if each.scenario == scenario.name and each.metric == "event_delay"]
    return {each.candidate: each for each in here}


def _times(scenario: Scenario, lines: Sequence[_Line]) -> Grid:
    rows = []
    for line in lines:
        figures = line.row.figures
        ttft, added = summarise(figures.ttft), summarise(figures.added)
        late, way = summarise(figures.made_late), summarise(figures.way)
        gap, mean = summarise(figures.gap), summarise(figures.per_event)
        values = (ttft.p50, ttft.p99, added.p50, added.p99, added.p999, late.p99, way.p99, gap.p99, mean.p50)
        rows.append((line.stack, *map(figure, values), str(figures.stalls) if figures.paced else DASH))
    return Grid(
        f"When events came in {scenario.name}",
        TIME_HEADINGS,
        tuple(rows),
        WORDS,
        least_needed=("TPOT p50", "TTFT p50", "p99.9", "gap p99", "stalls", "made-read p99", "due-made p99"),
        last_left_out=("TTFT p99", "due-read p50"),
        unit="ms",
    ).without_empty_columns()


def _costs(scenario: Scenario, lines: Sequence[_Line], baseline: str) -> Grid:
    rows = []
    compares = any(line.delay is not None for line in lines)
    for line in lines:
        figures, compared = line.row.figures, line.delay
        rows.append(
            (
                line.stack,
                _with_interval(line.row.cpu_us),
                figure(line.row.proxy_us),
                DASH if line.timers is None else figure(line.timers.point),
                figure(line.row.events_per_s),
                figure(line.mib),
                f"{100 * figures.merged / figures.events:.2g} %" if figures.merged else "0",
                f"{figures.completed:,}",
                f"{figures.cut:,}",
                f"{max(figures.cut_short, key=figures.cut_short.__getitem__):,}" if figures.cut_short else DASH,
                f"{figures.faulty:,}",
                figure(figures.heartbeats_per_stream),
                victim_text(line.victim),
                "1" if line.stack == baseline and compares else speedup_text(compared),
                DASH if compared is None else comparison_word(compared),
            )
        )
    return Grid(
        f"What events cost in {scenario.name}, and how streams ended",
        COST_HEADINGS,
        tuple(rows),
        WORDS,
        least_needed=(
            "cut after",
            "merged",
            "heartbeats",
            "MiB/stream",
            "complete",
            "victim",
            "faulty",
            "cut",
            "verdict",
            "timers",
            "proxy",
        ),
        last_left_out=("delay ratio", "events/s"),
    ).without_empty_columns()


def _with_interval(value: MetricValue | None) -> str:
    return DASH if value is None else f"{figure(value.point)}{interval_text(value.low, value.high)}"


def _remarks(lines: Sequence[_Line]) -> Iterator[Block]:
    untimed = [line.stack for line in lines if not line.row.figures.added.count]
    early = sum(line.row.figures.early for line in lines)
    texts = []
    if untimed:
        texts.append(f"No timetable by this machine's clock, so no added delay: {', '.join(untimed)}.")
    if early:
        texts.append(f"Events that were made or read before they were due, which counts as no delay: {early:,}.")
    if texts:
        yield Sentences(tuple(texts))
