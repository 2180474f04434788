"""The result of a tuning: the command before and after, what was confirmed, and the curve over workers and threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.search_results.tuned import Confirmed, Screened, Tuned
from stackduel.model.tune_settings import TuneCandidate, TuneSettings
from stackduel.report.sections.blocks import (
    Block,
    Chart,
    Grid,
    Heading,
    Legend,
    Meaning,
    Paragraph,
    Section,
    Shell,
)
from stackduel.report.sections.figures import DASH, figure, interval_text, verdict_text

WORDS = frozenset({"stack", "word", "what limits it", "not recommended, because"})
CONFIRMED_LEAST_NEEDED = ("mean ms", "what limits it", "MiB", "word")
SCREENED_LEAST_NEEDED = ("round", "MiB", "slots")
UNLIMITED = "no limit"
GAINS = {
    "throughput": "how many times the throughput of the current command, block by block, with an interval of 95 % "
    "confidence for all candidates together",
    "p99": "how many times as short the p99 is, block by block, with its interval",
    "mean": "how many times as short the mean latency is, block by block, with its interval: the windows held too few "
    "requests for a p99",
    "memory": "how many times less memory it takes at its peak, block by block, with its interval",
}


def sections(run: Run) -> Iterator[Section]:
    """Yield the result of a run that tuned an application, with its charts."""
    yield from _sections(run, charts=True)


def tables_alone(run: Run) -> Iterator[Section]:
    """Yield the same without charts, for a form that has none."""
    yield from _sections(run, charts=False)


def _sections(run: Run, *, charts: bool) -> Iterator[Section]:
    settings = run.suite.search
    found = next((each.found for each in run.findings if isinstance(each.found, Tuned)), None)
    if not isinstance(settings, TuneSettings):
        return
    if found is None:
        yield Section("results", "Results", (Paragraph("Nothing was measured, so nothing can be recommended."),))
        return
    blocks: list[Block] = [*_answer(found, settings), *_confirmed(found)]
    if found.screened:
        blocks += [Heading("The curve"), *(_charts(found, settings) if charts else ()), _curve(found, settings)]
    yield Section("results", "Results", tuple(blocks))


def _answer(found: Tuned, settings: TuneSettings) -> Iterator[Block]:
    yield Paragraph(f"Before ({settings.origin}):")
    yield Shell((*_lines(found.before_needs), found.before))
    if found.after is None:
        yield Paragraph(found.sentence)
    else:
        yield Paragraph("After:")
        yield Shell((*_lines(found.after_needs), found.after))
        yield Paragraph(f"{found.reason[:1].upper()}{found.reason[1:]}")
    if found.wait_ms is not None and found.cpu_ms is not None:
        slots = counted(found.slots or 1, "request")
        yield Paragraph(
            f"One request alone waits {figure(found.wait_ms)} ms and computes for {figure(found.cpu_ms)} ms, so by "
            f"Little's law {slots} at once keep the server's cores busy."
        )
    if found.shared_state is not None:
        yield Paragraph(found.shared_state)


def _lines(needed: str | None) -> tuple[str, ...]:
    """Return the line that installs what a command needs, if there is one."""
    return (needed,) if needed else ()


def _confirmed(found: Tuned) -> Iterator[Block]:
    if len(found.confirmed) < 2:
        return
    grid = Grid(
        f"Confirmed in {counted(found.blocks, 'block')}",
        ("stack", "gain", "word", "req/s", "p99 ms", "mean ms", "MiB", "what limits it", "not recommended, because"),
        tuple(_confirmed_row(each) for each in found.confirmed),
        WORDS,
        least_needed=CONFIRMED_LEAST_NEEDED,
    ).without_empty_columns()
    yield Heading("Confirmed beside the current command")
    yield grid
    yield Legend(grid.headings, (Meaning("gain", GAINS[found.measure], frozenset({"gain"})),))


def _confirmed_row(each: Confirmed) -> tuple[str, ...]:
    gain = DASH if each.gain is None or each.size == "uncertain" else f"{figure(each.gain)}x"
    return (
        each.stack,
        "1" if each.gain is None and each.refused is None else f"{gain}{interval_text(each.low, each.high)}",
        DASH if each.gain is None else verdict_text(each.verdict),
        figure(each.rate_rps),
        figure(each.p99_ms),
        figure(each.mean_ms),
        figure(each.memory_mib),
        each.binds or DASH,
        each.refused or DASH,
    )


def _curve(found: Tuned, settings: TuneSettings) -> Grid:
    """Return every candidate's last window of the screening, in the order of the servers and their sizes."""
    candidates = {each.stack: each for each in settings.candidates}
    rows = tuple(_curve_row(each, candidates[each.stack]) for each in found.screened if each.stack in candidates)
    return Grid(
        "Screened once each, by workers and threads",
        ("stack", "workers", "threads", "slots", "req/s", "p99 ms", "MiB", "round", "not measured, because"),
        rows,
        frozenset({"stack", "not measured, because"}),
        least_needed=SCREENED_LEAST_NEEDED,
    ).without_empty_columns()


def _curve_row(each: Screened, candidate: TuneCandidate) -> tuple[str, ...]:
    return (
        each.stack,
        str(candidate.workers),
        DASH if candidate.threads is None else str(candidate.threads),
        UNLIMITED if candidate.slots is None else str(candidate.slots),
        figure(each.rate_rps),
        figure(each.p99_ms),
        figure(each.memory_mib),
        str(each.round),
        each.reason or DASH,
    )


def _charts(found: Tuned, settings: TuneSettings) -> Iterator[Chart]:
    """Yield throughput and p99 by workers times threads, each with a line for what differs in nothing else."""
    candidates = {each.stack: each for each in settings.candidates}
    shown = [(candidates[each.stack], each) for each in found.screened if each.stack in candidates]
    for title, label, pairs in (
        ("Throughput by size", "requests per second", [(one, each.rate_rps) for one, each in shown]),
        ("p99 by size", "p99, milliseconds", [(one, each.p99_ms) for one, each in shown]),
    ):
        series = _series([(one, value) for one, value in pairs if value is not None])
        if not any(len(each["points"]) > 1 for each in series):
            continue
        reading = (
            "Each point is one window of the screening: read the bend of the curve from it, and no difference between "
            "neighbours."
        )
        x = {"label": "workers x threads (log scale)", "type": "log"}
        y = {"label": label, "type": "linear", "zero": True}
        data = {"x": x, "y": y, "panels": [{"title": "", "series": series, "dots": []}]}
        yield Chart("lines", title, reading, data, _curve(found, settings))


def _series(pairs: Sequence[tuple[TuneCandidate, float]]) -> list[dict[str, Any]]:
    """Return a line for each server, worker class and, where threads vary, number of workers."""
    lines: dict[str, list[tuple[TuneCandidate, float]]] = {}
    for one, value in pairs:
        kind = f"{one.server} {one.worker_class}" if one.worker_class else one.server
        name = kind if one.threads is None else f"{kind}, {counted(one.workers, 'worker')}"
        lines.setdefault(name, []).append((one, value))
    return [
        {
            # Its look is that of the first of its candidates: no two lines share one.
            "stack": each[0][0].stack,
            "name": name,
            "points": sorted([one.workers * (one.threads or 1), value] for one, value in each),
        }
        for name, each in lines.items()
    ]
