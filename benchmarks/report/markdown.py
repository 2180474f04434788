"""The report as Markdown, for a pull request or a wiki."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from benchmarks.curve import Curve
from benchmarks.record import Run
from benchmarks.report.block import Block
from benchmarks.report.duel import duel_blocks, duel_summary
from benchmarks.report.findings import FINDING_WORDS, Section, sections
from benchmarks.report.inference import inference_blocks
from benchmarks.report.table import LEGEND, WORDS, Table, figure, grid, latency_kind, tables
from benchmarks.report.words import (
    advice_lines,
    headline,
    limit_lines,
    matrix_lines,
    matrix_note,
    notes,
    shown_curves,
    void_lines,
)


def render(run: Run) -> str:
    """The whole report as Markdown text; everything that came from outside is escaped."""
    return "\n".join(_lines(run)) + "\n"


def _lines(run: Run) -> Iterator[str]:
    yield f"# stackduel: {escape(headline(run))}"
    yield ""
    yield f"Started {run.started} by `{_code(shlex.join(run.command))}`. {escape(run.suite.summary)}"
    advice = advice_lines(run)
    if advice:
        yield from ("", "## Advice", "", f"**{escape(advice[0])}**")
        if advice[1:]:
            yield from ("", *(f"- {escape(line)}" for line in advice[1:]))
    if run.suite.search:
        for section in sections(run):
            yield ""
            yield from _found(section)
    else:
        for table in tables(run):
            yield ""
            yield from _scenario(table, run.baseline)
        yield ""
        yield LEGEND
        yield from _models(run)
    bound = limit_lines(run)
    if bound:
        yield from ("", "## What binds", "", *(f"- {escape(line)}" for line in bound))
    for curve in shown_curves(run):
        yield ""
        yield from _curve(curve, run.baseline)
    matrix = matrix_lines(run)
    if matrix:
        yield from ("", "## Migration matrix", "", *(f"- {escape(line)}" for line in matrix), "", matrix_note(run))
    void = void_lines(run)
    if void:
        yield from ("", "## Trials that do not count", "", *(f"- {escape(line)}" for line in void))
    found = notes(run)
    if found:
        yield from ("", "## Notes", "", *(f"- {escape(note)}" for note in found))
    yield from ("", "## Environment", "", *_environment(run))


def _models(run: Run) -> Iterator[str]:
    """What there is to say of models, and of two stacks against each other."""
    for block in inference_blocks(run):
        yield from ("", f"## {escape(block.title)}", "", *_block(block))
    summary = duel_summary(run)
    if summary:
        yield from ("", f"## {escape(summary.title)}", "", *_block(summary))
    for table, *below in duel_blocks(run):
        yield from ("", f"## {escape(table.title)}", "", *_block(table))
        for block in below:
            yield from ("", f"### {escape(block.title)}", "", *_block(block))


def _block(block: Block) -> Iterator[str]:
    if block.rows:
        yield _row(map(escape, block.headings))
        yield "|" + "".join("---|" if heading in block.words else "---:|" for heading in block.headings)
        yield from (_row(map(escape, row)) for row in block.rows)
    if block.rows and block.lines:
        yield ""
    yield from (f"- {escape(line)}" for line in block.lines)


def _scenario(table: Table, baseline: str) -> Iterator[str]:
    yield f"## {escape(table.scenario.name)}"
    yield ""
    yield f"`{_code(table.scenario.label)}` {escape(table.scenario.summary)} ({latency_kind(table.scenario.load)})"
    if table.rows:
        headings, rows = grid(table, baseline)
        yield ""
        yield _row(headings)
        yield "|" + "".join("---|" if heading in WORDS else "---:|" for heading in headings)
        yield from (_row(map(escape, row)) for row in rows)
    if table.failures:
        yield ""
        yield from (f"- {escape(stack)}: not measured: {escape(reason)}" for stack, reason in table.failures)


def _found(section: Section) -> Iterator[str]:
    """What the searches of one scenario found."""
    yield f"## {escape(section.scenario.name)}"
    yield ""
    yield f"`{_code(section.scenario.label)}` {escape(section.scenario.summary)}"
    if section.rows:
        yield ""
        yield _row(section.headings)
        yield "|" + "".join("---|" if heading in FINDING_WORDS else "---:|" for heading in section.headings)
        yield from (_row(map(escape, row)) for row in section.rows)
    yield ""
    yield from (f"- {escape(stack)}: {escape(sentence)}" for stack, sentence in section.sentences)
    yield from (f"- {escape(stack)}: not measured: {escape(reason)}" for stack, reason in section.failures)


def _curve(curve: Curve, baseline: str) -> Iterator[str]:
    """Predicted speedups by wait and concurrency, and the measured points beside their prediction."""
    yield f"## Crossover of {escape(curve.candidate)}"
    yield ""
    yield (
        f"Speedup over {escape(baseline)} that waiting slots and CPU predict, for requests that take as much CPU as "
        f"those of {escape(curve.scenario)}, by wait per request and connections:"
    )
    yield ""
    yield _row(["wait", *map(str, curve.connections)])
    yield "|---:|" + "---:|" * len(curve.connections)
    for wait_s, speedups in zip(curve.waits_s, curve.speedups, strict=True):
        yield _row([f"{1000 * wait_s:g} ms", *(f"{figure(speedup)}x" for speedup in speedups)])
    yield ""
    yield _row(["scenario", "connections", "wait", "predicted", "measured"])
    yield "|---|---:|---:|---:|---:|"
    for point in curve.measured:
        interval = "" if point.low is None else f" ({figure(point.low)}-{figure(point.high)})"
        yield _row(
            [
                escape(point.scenario),
                str(point.connections),
                f"{1000 * point.wait_s:g} ms",
                f"{figure(point.predicted)}x",
                f"{figure(point.measured)}x{interval}",
            ]
        )


def _environment(run: Run) -> Iterator[str]:
    for name, value in run.environment.items():
        if isinstance(value, dict):
            shown = ", ".join(f"{key} {each}" for key, each in value.items())
        elif isinstance(value, list | tuple):
            shown = ", ".join(map(str, value))
        else:
            shown = str(value)
        if not shown:
            continue
        yield f"- {escape(name)}: {escape(shown)}"


def _row(texts: Iterable[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}" if character != "<" else "&lt;")
    return " ".join(text.split())


def _code(text: str) -> str:
    return text.replace("`", "'").replace("|", "\\|").replace("\n", " ")
